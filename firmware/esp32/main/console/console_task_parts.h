// The pieces that the console's task is made of.
#ifndef CUTPOINT_ESP32_CONSOLE_CONSOLE_TASK_PARTS_H_
#define CUTPOINT_ESP32_CONSOLE_CONSOLE_TASK_PARTS_H_

#include "board/input_source.h"
#include "device/console/console.h"
#include "device/report/lines.h"
#include "device/serial/demux.h"
#include "device/serial/improv_service.h"
#include "improv_board.h"
#include "serial_port.h"
#include "storage/nvs_settings.h"

namespace cutpoint::esp32 {

constexpr size_t kInputLineBytes = 256;

// `save` of the console, into the partition `nvs`.
class NvsStore final : public device::SettingStore {
 public:
  explicit NvsStore(const device::Settings& settings) : stored_(settings) {}
  bool save(const device::SettingRule& rule, device::Text text, device::Sentence& why) override;

 private:
  device::Settings stored_;  // what lies in flash
};

class ImprovLine final : public device::ImprovOutput {
 public:
  void packet(Bytes packet) override;
};

class ConsoleTask {
 public:
  ConsoleTask(const device::Settings& settings, const char* id, device::ConsoleTarget& target, InputSource& input,
              device::ConsoleOutput& out)
      : store_(settings), console_(settings, target, store_, out), board_(id, console_), demux_(input) {}

  static void main(void* self);

 private:
  void loop();
  void take(Bytes bytes, uint32_t now_ms);
  void serve(const device::SerialEvent& event, uint32_t now_ms);
  void say_input(bool ok, const char* text);

  NvsStore store_;
  device::Console console_;
  ImprovBoard board_;
  ImprovLine improv_line_;
  device::ImprovService service_{board_, improv_line_};
  device::SerialDemux demux_;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_CONSOLE_CONSOLE_TASK_PARTS_H_
