// What Improv asks of this board: to join a network and keep it, what is heard, who it is.
#ifndef CUTPOINT_ESP32_CONSOLE_IMPROV_BOARD_H_
#define CUTPOINT_ESP32_CONSOLE_IMPROV_BOARD_H_

#include "device/console/console.h"
#include "device/serial/improv_service.h"

namespace cutpoint::esp32 {

constexpr int kMostHeardNetworks = 20;

// Belongs to the console's task.
class ImprovBoard final : public device::ImprovTarget {
 public:
  ImprovBoard(const char* id, device::Console& console) : id_(id), console_(console) {}
  ~ImprovBoard();

  bool has_wifi() override;
  bool online() override;
  bool join(device::Text ssid, device::Text password) override;
  void go_back() override;
  bool keep(device::Text ssid, device::Text password) override;
  const char* firmware() override;
  const char* version() override;
  const char* chip() override;
  const char* device() override;
  int scan() override;
  bool heard(int index, device::HeardNetwork& network) override;

 private:
  const char* id_;
  device::Console& console_;
  void* records_ = nullptr;  // of the driver, from a scan until the next
  int heard_ = 0;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_CONSOLE_IMPROV_BOARD_H_
