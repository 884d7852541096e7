// The order in which the board comes up: what it remembers, who it is, the model, the console, and the network last.
#include "board/measures.h"
#include "board/reset_reason.h"
#include "board_target.h"
#include "clock_sync.h"
#include "console/console_task.h"
#include "crypto/salt.h"
#include "device/settings/check.h"
#include "device/settings/identity.h"
#include "device_task.h"
#include "engine/chosen_engine.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_mac.h"
#include "storage/life_store.h"
#include "storage/nvs_settings.h"

namespace cutpoint::esp32 {
namespace {

constexpr char kTag[] = "app";

void warn(const device::Sentence& why) { ESP_LOGE(kTag, "%s", why.text()); }

// Counts this life and judges the one before; the record is in flash before anything else can fail.
void begin_record(bool app_on_trial, device::LifeRecord& record, device::Sentence& crash) {
  load_life(record);
  const device::LifeRecord before = record;
  device::Start start = read_start();
  start.app_on_trial = app_on_trial;
  device::begin_life(record, start);
  if (!store_life(record)) {
    warn(device::Sentence("The life record could not be stored: boot numbers will repeat."));
  }
  device::describe_death(before, record, crash);
}

void warn_of_settings(const device::Settings& settings) {
  device::Problem problems[device::kMaxProblems];
  const size_t count = device::check_settings(settings, Span<device::Problem>(problems));
  for (size_t i = 0; i < count; ++i) {
    ESP_LOGW(kTag, "setting %s: %s", problems[i].key, problems[i].why.text());
  }
}

void read_id(const device::Settings& settings, char (&id)[device::kDeviceIdBytes]) {
  uint8_t mac[6] = {};
  esp_efuse_mac_get_default(mac);
  device::device_id(settings, mac, id);
}

void run_board() {
  static device::Settings settings;
  static device::LifeRecord life;
  static device::Sentence crash;
  static char id[device::kDeviceIdBytes];
  static AppUpdate app;
  static ModelSlots slots;
  static Inbox inbox;
  static MqttTransport mqtt;
  static InputSource input;
  static ChosenEngine engine(input.lines());
  static CurrentSensor current;

  const uint32_t salt = draw_salt();
  device::Sentence why;
  if (!begin_nvs() || !load_settings(settings)) {
    warn(device::Sentence("The settings could not be read; the board goes on with defaults. Write an NVS image."));
  }
  set_log_level(settings.log);
  app.begin();
  begin_record(app.on_trial(), life, crash);
  read_id(settings, id);
  const char* const death = crash.empty() ? nullptr : crash.text();

  static BoardTarget target({settings, id, life, death, mqtt, slots, input, current}, console_output());
  target.print_boot();
  warn_of_settings(settings);
  begin_measures();
  if (!current.begin(settings, why) && !why.empty()) {
    warn(why);
  }
  if (!slots.begin()) {
    warn(device::Sentence("There are no model partitions: write the partition table of this firmware."));
  }

  static DeviceTask device({settings, id, life, death, inbox, mqtt, slots, app, engine, input, current, target, salt});
  target.set_device(&device);
  why.clear();
  if (inbox.begin() && device.begin(why)) {
    uint8_t will[kStateTextBytes];
    if (!mqtt.begin(settings, id, device.will(will), inbox, why)) {
      warn(why);
    }
    if (!device.start()) {
      warn(device::Sentence("There is too little memory for the device's task."));
      app.roll_back();  // nobody else would see that a new application on trial cannot work
    }
  } else {
    warn(why);
    app.roll_back();
  }

  if (!start_console(settings, id, target, input)) {
    warn(device::Sentence("There is too little memory for the console."));
  }
  why = device::Sentence("There is too little memory for the network's events.");
  if (esp_event_loop_create_default() != ESP_OK || !network().begin(settings, target, why)) {
    warn(why);
  }
  sync_clock(settings.sntp);
}

}  // namespace
}  // namespace cutpoint::esp32

extern "C" void app_main(void) { cutpoint::esp32::run_board(); }
