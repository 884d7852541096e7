// Between the console and the rest of the board: carries out its commands, prints what happens, passes the network on.
#ifndef CUTPOINT_ESP32_BOARD_TARGET_H_
#define CUTPOINT_ESP32_BOARD_TARGET_H_

#include "device/console/target.h"
#include "device/life/record.h"
#include "device/settings/settings.h"
#include "device_events.h"
#include "device_task.h"
#include "mqtt/mqtt_transport.h"
#include "network/network.h"

namespace cutpoint::esp32 {

struct BoardParts {
  const device::Settings& settings;
  const char* id;
  const device::LifeRecord& life;
  const char* crash;  // null when the life before ended well
  MqttTransport& mqtt;
  ModelSlots& slots;
  InputSource& input;
  CurrentSensor& current;
};

class BoardTarget final : public device::ConsoleTarget, public DeviceEvents, public NetworkListener {
 public:
  BoardTarget(const BoardParts& parts, device::ConsoleOutput& out) : parts_(parts), out_(out) {}
  // Before the console begins.
  void set_device(DeviceTask* device) { device_ = device; }

  // `@boot`.
  void print_boot();

  // ConsoleTarget, from the console's task
  void status(device::ConsoleOutput& out) override;
  void cut(device::CutOrder order, uint16_t operators, device::Sentence& said) override;
  void bench(uint16_t inferences, device::Sentence& said) override;
  void wifi(device::ConsoleOutput& out) override;
  void mqtt(device::ConsoleOutput& out) override;
  void model(device::ConsoleOutput& out) override;
  void set_log(device::LogLevel level) override;
  void restart() override;
  void hang() override;
  void changed(const device::SettingRule& rule, const device::Settings& settings) override;
  void saved() override;

  // DeviceEvents, from the device's task
  void ready() override;
  void answered(const device::AnswerLine& answer) override;
  void noted(device::Text json) override;
  void said(const device::Sentence& sentence) override;
  void identify() override;

  // NetworkListener, from the event task
  void network_changed(bool up) override;

 private:
  bool ask(RequestKind kind, uint32_t value, device::Sentence& said);

  BoardParts parts_;
  device::ConsoleOutput& out_;
  DeviceTask* device_ = nullptr;
};

// Of every line of ours, and of ESP-IDF's at most `info`.
void set_log_level(device::LogLevel level);

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_BOARD_TARGET_H_
