// The device's task: which model it runs, and what becomes of new ones.
#include <string.h>

#include "about.h"
#include "device_task.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "esp_timer.h"

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
  config.boot = parts_.boot;
  config.operators = 1;
  if (has_model_) {
    const device::SlotHeader& header = parts_.slots.current().header;
    config.model = header.model;
    config.operators = header.operators;
    config.on_board = engine_.operators();
  }
  config.cut = cut < config.on_board ? cut : config.on_board;
  config.deadline_ms = parts_.settings.deadline_ms;
  config.chunk_bytes = frame_bytes(parts_.settings) - (sealed() ? kSealBytes : 0);
  config.about = Bytes(reinterpret_cast<const uint8_t*>(memory_.about), strlen(memory_.about));
  return config;
}

bool DeviceTask::load_current(device::Sentence& why) {
  has_model_ = false;
  const MappedModel& model = parts_.slots.current();
  if (parts_.safe_mode) {
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
  const AboutFields about = {has_model_ ? model.header.model : ModelId{},
                             engine_.operators(),
                             parts_.boot,
                             frame_bytes(parts_.settings),
                             parts_.reset,
                             parts_.safe_mode,
                             parts_.settings.update,
                             parts_.slots.spare().size()};
  write_about(about, Span<char>(memory_.about));
  return has_model_;
}

// Once through all operators on board: what fails here would fail on the first picture.
bool DeviceTask::try_out(device::Sentence& why) {
  for (size_t i = 0; i < parts_.runner.inputs(); ++i) {
    const MutableBytes input = engine_.input(i);
    memset(input.data(), 0, input.size());
  }
  const uint16_t operators = engine_.operators();
  if (engine_.run(0, operators, Span<uint32_t>(memory_.run_us, operators))) {
    ESP_LOGI(kTag, "trial inference of %u operators: %u us", operators, static_cast<unsigned>(engine_.take_spent_us()));
    return true;
  }
  why = device::Sentence("An operator of the model failed in a trial inference.");
  return false;
}

// What the slots hold at boot: the model in use, or one that still has to prove itself.
void DeviceTask::settle_trial_of_boot() {
  device::Sentence why;
  if (parts_.safe_mode) {
    load_current(why);
    notes_.say("error", why.text());
    return;
  }
  const bool trial = parts_.slots.on_trial();
  bool loaded = load_current(why) && (!trial || try_out(why));
  if (trial && loaded && parts_.slots.prove()) {
    updates_.model_done("The new model loaded, ran, and is in use.");
  } else if (trial) {
    parts_.slots.fail();
    updates_.model_returned(why.text());
    loaded = load_current(why);
  } else if (parts_.slots.reason() == device::BootReason::kReturned) {
    updates_.model_returned("The new model did not end its trial: the one before is in use.");
  } else if (parts_.slots.reason() == device::BootReason::kFallback) {
    notes_.say("model", "The slot in use is damaged: the other one is used.");
  }
  if (!loaded) {
    ESP_LOGW(kTag, "%s", why.text());
    notes_.say("model", why.text());
  }
}

void DeviceTask::try_new_model() {
  device::Sentence why;
  parts_.runner.unload();
  has_model_ = false;
  const bool begun = parts_.slots.begin_trial(why);
  const bool good = begun && load_current(why) && try_out(why);
  if (good && parts_.slots.prove()) {
    device::Sentence text;
    text.add(parts_.slots.current().header.name).add(" is in use from now on.");
    updates_.model_done(text.text());
  } else {
    if (begun) {
      parts_.slots.fail();
    }
    updates_.model_returned(why.text());
    load_current(why);
  }
  cut_forced_ = false;
  session_.change_model(session_config(parts_.settings.cut));
  parts_.mqtt.ask_for_plan();
}

void DeviceTask::try_new_firmware() {
  device::Sentence why;
  if (!parts_.app.select_new(why)) {
    updates_.firmware(device::UpdateState::kFailed, why.text());
    return;
  }
  restart_due_ = true;
}

// A new application that does not reach the broker in its first minute is left for the old one.
void DeviceTask::look_after_trial() {
  if (parts_.app.on_trial() && now_us() > kTrialMs * 1000ull) {
    ESP_LOGE(kTag, "no broker within %u s of the new application: back to the old one",
             static_cast<unsigned>(kTrialMs / 1000));
    parts_.app.roll_back();
  }
}

}  // namespace cutpoint::esp32
