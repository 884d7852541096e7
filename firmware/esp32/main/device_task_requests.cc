// The device's task: what the console asks of it, and how it ends.
#include "board/watchdog.h"
#include "device_task.h"
#include "esp_system.h"

namespace cutpoint::esp32 {
namespace {

constexpr uint32_t kFarewellMs = 2000;  // for the last notes to be acknowledged

}  // namespace

bool DeviceTask::ask(const DeviceRequest& request) {
  if (task_ == nullptr || xQueueSend(requests_, &request, 0) != pdTRUE) {
    return false;
  }
  wake();
  return true;
}

// Between inferences: a cut or a bench would disturb one that is under way.
void DeviceTask::serve_requests() {
  DeviceRequest request = {};
  while (session_.phase() == Phase::kIdle && xQueueReceive(requests_, &request, 0) == pdTRUE) {
    switch (request.kind) {
      case RequestKind::kCut:
        force_cut(request.value);
        break;
      case RequestKind::kBench:
        bench(request.value);
        break;
      case RequestKind::kForgive:
        if (life_.forgive()) {
          keep_life();
        }
        break;
      case RequestKind::kRestart:
        restart_due_ = true;
        break;
      case RequestKind::kHang:
        hang();
        break;
    }
  }
}

// A session of the same model begins again with the cut that is held; its number goes on.
void DeviceTask::force_cut(uint32_t cut) {
  cut_forced_ = cut != kFollowPlans;
  const SessionConfig config = session_config(cut_forced_ ? static_cast<uint16_t>(cut) : parts_.settings.cut);
  session_.change_model(config);
  if (cut_forced_ && cut <= config.on_board && config.cut != cut) {
    device::Sentence said;
    said.add("cut: there is no memory for cut ").add(cut).add(" on this board; ");
    said.add(static_cast<uint32_t>(config.cut)).add(" is taken instead.");
    parts_.events.said(said);
  }
  if (!cut_forced_) {
    parts_.mqtt.ask_for_plan();
  }
}

void DeviceTask::bench(uint32_t count) {
  device::Sentence said;
  const uint16_t operators = engine_.operators();
  uint64_t sum_us = 0;
  uint32_t least_us = UINT32_MAX;
  uint32_t most_us = 0;
  for (uint32_t i = 0; i < count && has_model_; ++i) {
    engine_.take_spent_us();
    if (parts_.runner.fed()) {
      parts_.input.blank(Span<const MutableBytes>());  // the last picture is no longer there
    }
    if (!engine_.run(0, operators, Span<uint32_t>(memory_.run_us, operators))) {
      return parts_.events.said(device::Sentence("error: An operator failed."));
    }
    feed_watchdog();
    vTaskDelay(1);  // the idle task of this core is watched too
    const uint32_t spent_us = engine_.take_spent_us();
    sum_us += spent_us;
    least_us = spent_us < least_us ? spent_us : least_us;
    most_us = spent_us > most_us ? spent_us : most_us;
  }
  if (!has_model_ || count == 0) {
    said.add("error: ").add(has_model_ ? "A bench is of one inference at least." : model_trouble_.text());
  } else {
    said.add("bench: ").add(count).add(" inferences of ").add(static_cast<uint32_t>(operators)).add(" operators, us: least ");
    said.add(least_us).add(", mean ").add(static_cast<uint32_t>(sum_us / count)).add(", most ").add(most_us).add(".");
  }
  parts_.events.said(said);
}

// The way out is the watchdog's alone.
void DeviceTask::hang() {
  for (;;) {
    vTaskDelay(pdMS_TO_TICKS(1000));
  }
}

// What is to be said is said, the broker is left in peace, and only then.
void DeviceTask::restart() {
  session_.sleeping();
  pump();
  parts_.mqtt.flush(kFarewellMs);
  parts_.mqtt.leave();
  esp_restart();
}

}  // namespace cutpoint::esp32
