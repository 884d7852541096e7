#include "board_target.h"

#include <stdio.h>

#include "board/identify_led.h"
#include "board/measures.h"
#include "device/report/lines.h"
#include "esp_app_desc.h"
#include "esp_log.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "sdkconfig.h"

namespace cutpoint::esp32 {
namespace {

void print(device::Text line, device::ConsoleOutput& out) {
  if (!line.empty()) {
    out.line(line);
  }
}

void firmware_name(char (&name)[48]) { snprintf(name, sizeof name, "cutpoint %s", esp_app_get_description()->version); }

const char* or_null(const char* text) { return text[0] == '\0' ? nullptr : text; }

}  // namespace

void set_log_level(device::LogLevel level) {
  constexpr esp_log_level_t kLevels[] = {ESP_LOG_NONE, ESP_LOG_ERROR, ESP_LOG_WARN, ESP_LOG_INFO, ESP_LOG_DEBUG};
  esp_log_level_set("*", kLevels[static_cast<size_t>(level)]);
}

void BoardTarget::print_boot() {
  char firmware[48];
  firmware_name(firmware);
  char line[device::kEventLineBytes];
  const device::BootLine boot = {parts_.id,
                                 parts_.life.boot,
                                 firmware,
                                 CONFIG_CUTPOINT_BOARD,
                                 device::reset_name(parts_.life.cause),
                                 parts_.life.safe_mode,
                                 parts_.crash};
  print(device::write_boot_line(boot, Span<char>(line)), out_);
}

void BoardTarget::status(device::ConsoleOutput& out) {
  const DeviceStatus device = device_->status();
  const NetworkStatus network_status = network().status();
  const MqttStatus mqtt_status = parts_.mqtt.status();
  char firmware[48];
  firmware_name(firmware);
  device::StatusLine status;
  status.id = parts_.id;
  status.boot = parts_.life.boot;
  status.reset = device::reset_name(parts_.life.cause);
  status.safe_mode = parts_.life.safe_mode;
  status.uptime_s = static_cast<uint32_t>(esp_timer_get_time() / 1000000);
  status.firmware = firmware;
  status.board = CONFIG_CUTPOINT_BOARD;
  status.link = device.link;
  status.network = Network::kind();
  status.address = or_null(network_status.address);
  status.broker = or_null(parts_.settings.broker);
  status.trouble = !network_status.up             ? or_null(network_status.trouble.text())
                   : !mqtt_status.trouble.empty() ? mqtt_status.trouble.text()
                                                  : or_null(device.model_trouble.text());
  status.model = or_null(device.model_name);
  status.model_id = device.model;
  status.operators = device.operators;
  status.on_board = device.on_board;
  status.cut = device.cut;
  status.epoch = device.epoch;
  status.input = InputSource::name(parts_.input.choice());
  status.inferences = device.inferences;
  status.energy = device.energy;
  fill_gauges(status.gauges);
  char line[device::kEventLineBytes];
  print(device::write_status_line(status, Span<char>(line)), out);
}

bool BoardTarget::ask(RequestKind kind, uint32_t value, device::Sentence& said) {
  if (device_->ask({kind, value})) {
    return true;
  }
  said = device::Sentence("error: The device is busy with what was asked before; try again.");
  return false;
}

void BoardTarget::cut(device::CutOrder order, uint16_t operators, device::Sentence& said) {
  const DeviceStatus status = device_->status();
  said.clear();
  switch (order) {
    case device::CutOrder::kShow:
      said.add("cut ").add(static_cast<uint32_t>(status.cut)).add(" of ").add(static_cast<uint32_t>(status.operators));
      said.add(", on board ").add(static_cast<uint32_t>(status.on_board)).add(".");
      return;
    case device::CutOrder::kFixed:
      if (!status.has_model || operators > status.on_board) {
        said.add("error: There are ").add(static_cast<uint32_t>(status.on_board)).add(" operators on board.");
      } else if (ask(RequestKind::kCut, operators, said)) {
        said.add("cut ").add(static_cast<uint32_t>(operators)).add(" until `cut auto`; plans are not followed.");
      }
      return;
    case device::CutOrder::kAuto:
      if (ask(RequestKind::kCut, kFollowPlans, said)) {
        said.add("Plans are followed.");
      }
      return;
  }
}

void BoardTarget::bench(uint16_t inferences, device::Sentence& said) {
  said.clear();
  if (ask(RequestKind::kBench, inferences, said)) {
    said.add("bench: ").add(static_cast<uint32_t>(inferences)).add(" inferences begin.");
  }
}

void BoardTarget::wifi(device::ConsoleOutput& out) {
  const NetworkStatus status = network().status();
  device::Sentence said;
  said.add(Network::kind()).add(": ");
  if (status.up) {
    said.add("address ").add(status.address);
    int dbm = 0;
    if (network().rssi(dbm)) {
      said.add(", signal ").add(dbm < 0 ? "-" : "").add(static_cast<uint32_t>(dbm < 0 ? -dbm : dbm)).add(" dBm");
    }
    said.add(".");
  } else {
    said.add("not connected, ").add(status.attempts).add(" attempts. ");
  }
  out.line(device::text_of(said.text()));
  if (!status.trouble.empty()) {
    out.line(device::text_of(status.trouble.text()));
  }
}

void BoardTarget::mqtt(device::ConsoleOutput& out) {
  const MqttStatus status = parts_.mqtt.status();
  device::Sentence said;
  said.add("mqtt: ").add(status.connected ? "connected to " : "not connected to ");
  said.add(parts_.settings.broker[0] == '\0' ? "any broker" : parts_.settings.broker);
  said.add(", ").add(status.connects).add(" connections, ").add(status.attempts).add(" attempts since, outbox ");
  said.add(static_cast<uint32_t>(status.outbox_bytes)).add(" bytes.");
  out.line(device::text_of(said.text()));
  if (!status.trouble.empty()) {
    out.line(device::text_of(status.trouble.text()));
  }
}

void BoardTarget::model(device::ConsoleOutput& out) {
  const DeviceStatus status = device_->status();
  device::Sentence said;
  if (status.has_model) {
    said.add("model: ").add(status.model_name).add(", ").add(static_cast<uint32_t>(status.on_board)).add(" of ");
    said.add(static_cast<uint32_t>(status.operators)).add(" operators on board, slot ").add(status.slot == 0 ? "model" : "spare");
    said.add(", engine ").add(status.engine).add(" in ").add(static_cast<uint32_t>(status.memory_bytes)).add(" bytes of RAM.");
  } else {
    said.add("model: none. ").add(status.model_trouble.text());
  }
  out.line(device::text_of(said.text()));
}

void BoardTarget::set_log(device::LogLevel level) { set_log_level(level); }

// Without a device's task, or with one that takes nothing any more, there is nobody to say goodbye.
void BoardTarget::restart() {
  if (!device_->ask({RequestKind::kRestart, 0})) {
    esp_restart();
  }
}

void BoardTarget::hang() { device_->ask({RequestKind::kHang, 0}); }

// Everything but the log waits for the next life: network, broker and session are made once.
void BoardTarget::changed(const device::SettingRule& rule, const device::Settings& settings) {
  if (device::same_text(device::text_of(rule.key), device::text_of("log"))) {
    set_log_level(settings.log);
  }
}

void BoardTarget::saved() { device_->ask({RequestKind::kForgive, 0}); }

void BoardTarget::ready() {
  char line[device::kEventLineBytes];
  print(device::write_ready_line({parts_.id, parts_.life.boot}, Span<char>(line)), out_);
}

void BoardTarget::answered(const device::AnswerLine& answer) {
  char line[device::kEventLineBytes];
  print(device::write_answer_line(answer, Span<char>(line)), out_);
}

void BoardTarget::noted(device::Text json) {
  char line[device::kEventLineBytes];
  print(device::write_note_line(json, Span<char>(line)), out_);
}

void BoardTarget::said(const device::Sentence& sentence) { out_.line(device::text_of(sentence.text())); }

void BoardTarget::identify() { blink_identify_led(); }

void BoardTarget::network_changed(bool up) { parts_.mqtt.network_changed(up); }

}  // namespace cutpoint::esp32
