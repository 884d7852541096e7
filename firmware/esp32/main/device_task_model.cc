// The device's task: which model it runs, and what becomes of new ones.
#include <stdio.h>

#include "board/measures.h"
#include "device/report/about.h"
#include "device_task.h"
#include "esp_app_desc.h"
#include "esp_heap_caps.h"
#include "esp_idf_version.h"
#include "esp_log.h"
#include "sdkconfig.h"
#include "storage/life_store.h"

namespace cutpoint::esp32 {
namespace {

constexpr char kTag[] = "model";

size_t frame_bytes(const device::Settings& settings) {
  return settings.chunk < kMaxFrameBytes ? settings.chunk : kMaxFrameBytes;
}

}  // namespace

// Of the model that is loaded; without one a network of one operator, none of it on board: the board can be reached.
SessionConfig DeviceTask::session_config(uint16_t cut) {
  SessionConfig config = {};
  config.boot = parts_.life.boot;
  config.operators = 1;
  if (has_model_) {
    const device::SlotHeader& header = parts_.slots.current().header;
    config.model = header.model;
    config.operators = header.operators;
    config.on_board = engine_.operators();
    config.cuts = cuts_;
    config.tables = tables_;
  }
  const uint16_t most = cut < config.on_board ? cut : config.on_board;
  config.cut = config.cuts.instead_of(most, config.on_board, config.operators);
  config.deadline_ms = parts_.settings.deadline_ms;
  config.chunk_bytes = frame_bytes(parts_.settings) - (sealed() ? kSealBytes : 0);
  config.about = Bytes(reinterpret_cast<const uint8_t*>(memory_.about), about_bytes_);
  return config;
}

bool DeviceTask::load_current(device::Sentence& why) {
  has_model_ = false;
  cuts_ = CutSet();
  tables_ = Bytes();
  const MappedModel& model = parts_.slots.current();
  if (parts_.life.safe_mode) {
    why = device::Sentence("Safe mode: five lives in a row died early. Send another model or firmware, then restart.");
  } else if (model.fault != device::SlotFault::kNone) {
    why = device::Sentence(device::slot_fault_text(model.fault));
  } else if (model.header.operators > kMaxOperators) {
    why.clear();
    why.add("The network has ").add(static_cast<uint32_t>(model.header.operators)).add(" operators; this firmware has room for ");
    why.add(static_cast<uint32_t>(kMaxOperators)).add(".");
  } else if (parts_.runner.load(model, why)) {
    if (engine_.operators() <= model.header.operators) {
      has_model_ = true;
    } else {
      why = device::Sentence("The slot's header and its model do not belong together: write the slot again.");
      parts_.runner.unload();
    }
  }
  model_trouble_ = has_model_ ? device::Sentence() : why;
  if (has_model_) {
    cuts_ = CutSet::of(engine_.lines(), engine_.operators(), MutableBytes(memory_.cuts));
    begin_input();
    look_at_tables();
  }
  write_about(has_model_ ? model.header.model : ModelId{});
  return has_model_;
}

// A model without its tables is of use: its tensors then travel raw, or as bitmaps.
void DeviceTask::look_at_tables() {
  const MappedModel& model = parts_.slots.current();
  if (model.tables.empty()) {
    return;
  }
  CodecTables tables;
  if (CodecTables::open(model.tables, model.header.model, tables) == Status::kOk) {
    tables_ = model.tables;
    tables_version_ = tables.version();
    return;
  }
  constexpr char kWhy[] =
      "The slot's codec tables cannot be read and are left out: calibrate the bundle again, or update the firmware.";
  ESP_LOGW(kTag, "%s", kWhy);
  notes_.say(device::NoteKind::kModel, kWhy);
}

void DeviceTask::write_about(const ModelId& model) {
  const esp_app_desc_t& app = *esp_app_get_description();
  char firmware[48];
  snprintf(firmware, sizeof firmware, "cutpoint %s", app.version);
  device::About about;
  about.model = model;
  about.operators = engine_.operators();
  about.boot = parts_.life.boot;
  about.firmware = firmware;
  about.app = app.version;
  about.idf = esp_get_idf_version();
  about.board = CONFIG_CUTPOINT_BOARD;
  about.chip = chip_name();
  about.engine = parts_.runner.name();
  about.cuts = cuts_;
  about.overlap = engine_.lines() != nullptr;
  about.jpeg = parts_.input.codes_jpeg();
  about.calibrated = !tables_.empty();
  about.tables = tables_version_;
  about.history = static_cast<uint32_t>(kHistoryBytes);
  about.free_ram = static_cast<uint32_t>(heap_caps_get_free_size(MALLOC_CAP_DEFAULT));
  about.max_payload = static_cast<uint32_t>(frame_bytes(parts_.settings));
  about.reset = device::reset_name(parts_.life.cause);
  about.safe_mode = parts_.life.safe_mode;
  about.update = parts_.settings.update;
  about.slot_bytes = parts_.slots.spare().size();
  about.energy = energy_name();
  about.crash = parts_.crash;
  const device::Text text = device::write_about(about, Span<char>(memory_.about));
  about_bytes_ = text.size();
}

// What pictures are made into. A model that takes none can still be given raw tensors over the serial line.
void DeviceTask::begin_input() {
  device::Sentence why;
  ModelRunner& runner = parts_.runner;
  if (!parts_.input.set_model(parts_.slots.current().model, runner.input_bytes(), runner.fed(), why)) {
    ESP_LOGW(kTag, "%s", why.text());
    notes_.say(device::NoteKind::kModel, why.text());
  }
}

// Once through all operators on board: what fails here would fail on the first picture.
bool DeviceTask::try_out(device::Sentence& why) {
  MutableBytes memory[kMaxTensors];
  parts_.input.blank(inputs(memory));
  const uint16_t operators = engine_.operators();
  if (engine_.run(0, operators, Span<uint32_t>(memory_.run_us, operators))) {
    ESP_LOGI(kTag, "trial inference of %u operators: %u us", operators, static_cast<unsigned>(engine_.take_spent_us()));
    return true;
  }
  why = device::Sentence("An operator of the model failed in a trial inference.");
  return false;
}

bool DeviceTask::prove(device::Sentence& why) {
  if (parts_.slots.prove()) {
    return true;
  }
  why = device::Sentence("The new model ran, but flash did not keep that it did: the one before stays in use.");
  return false;
}

// What the slots hold at boot: the model in use, or one that still has to prove itself.
void DeviceTask::settle_trial_of_boot() {
  device::Sentence why;
  if (parts_.crash != nullptr) {
    notes_.say(device::NoteKind::kReset, parts_.crash);
  }
  if (parts_.app.returned()) {
    updates_.firmware(device::UpdateState::kReturned, "The new application was left; the one before runs again.");
  }
  if (parts_.life.safe_mode) {
    if (parts_.slots.on_trial()) {
      // It may be what killed those lives, and while it is on trial no other could be taken.
      parts_.slots.fail();
      updates_.model_returned("The model on trial was given up: five lives in a row died early.");
    }
    load_current(why);
    notes_.say(device::NoteKind::kError, why.text());
    return;
  }
  const bool trial = parts_.slots.on_trial();
  bool loaded = load_current(why) && (!trial || try_out(why));
  if (trial && loaded && prove(why)) {
    updates_.model_done("The new model loaded, ran, and is in use.");
  } else if (trial) {
    parts_.slots.fail();
    updates_.model_returned(why.text());
    loaded = load_current(why);
  } else if (parts_.slots.reason() == device::BootReason::kReturned) {
    updates_.model_returned("The new model did not end its trial: the one before is in use.");
  } else if (parts_.slots.reason() == device::BootReason::kFallback) {
    notes_.say(device::NoteKind::kModel, "The slot in use is damaged: the other one is used.");
  }
  if (!loaded) {
    ESP_LOGW(kTag, "%s", why.text());
    notes_.say(device::NoteKind::kModel, why.text());
  }
}

void DeviceTask::try_new_model() {
  device::Sentence why;
  if (parts_.life.safe_mode) {
    return try_after_restart();
  }
  parts_.runner.unload();
  has_model_ = false;
  const bool begun = parts_.slots.begin_trial(why);
  const bool good = begun && load_current(why) && try_out(why);
  if (good && prove(why)) {
    device::Sentence text;
    text.add(parts_.slots.current().header.name).add(" is in use from now on.");
    updates_.model_done(text.text());
    if (life_.forgive()) {
      keep_life();
    }
  } else {
    if (begun) {
      parts_.slots.fail();
    }
    updates_.model_returned(why.text());
    if (!load_current(why)) {
      notes_.say(device::NoteKind::kModel, why.text());
    }
  }
  cut_forced_ = false;
  session_.change_model(session_config(parts_.settings.cut));
  parts_.mqtt.ask_for_plan();
}

// Safe mode runs no model: the next life, a full one again, tries it.
void DeviceTask::try_after_restart() {
  device::Sentence why;
  if (!parts_.slots.begin_trial(why)) {
    return updates_.model_returned(why.text());
  }
  if (life_.forgive()) {
    keep_life();
  }
  restart_due_ = true;
}

void DeviceTask::try_new_firmware() {
  device::Sentence why;
  if (!parts_.app.select_new(why)) {
    updates_.firmware(device::UpdateState::kFailed, why.text());
    return;
  }
  if (life_.forgive()) {
    keep_life();
  }
  restart_due_ = true;
}

void DeviceTask::keep_life() {
  if (!store_life(parts_.life)) {
    ESP_LOGE(kTag, "the life record could not be stored: the next boot may count wrongly");
  }
}

// A new application that does not reach the broker is left for the old one; safe mode ends by itself.
void DeviceTask::look_after_life() {
  for (;;) {
    switch (life_.tick(now_us())) {
      case device::LifeStep::kNothing:
        return;
      case device::LifeStep::kStore:
        keep_life();
        break;
      case device::LifeStep::kKeepApp:
        if (parts_.app.keep()) {
          updates_.firmware(device::UpdateState::kDone, "The new application reached the broker and is kept.");
        }
        keep_life();
        break;
      case device::LifeStep::kRollBack:
        ESP_LOGE(kTag, "the new application did not reach the broker: back to the old one");
        keep_life();
        parts_.app.roll_back();
        break;
      case device::LifeStep::kRestart:
        keep_life();
        restart_due_ = true;
        break;
    }
  }
}

}  // namespace cutpoint::esp32
