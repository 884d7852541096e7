// The device's task: what the console asks of it, and how it ends.
#include "device_task.h"
#include "esp_system.h"
#include "esp_task_wdt.h"

namespace cutpoint::esp32 {
namespace {

constexpr uint32_t kMostBenches = 100;
constexpr uint32_t kFarewellMs = 2000;  // for the last notes to be acknowledged

}  // namespace

// One look, between inferences: a cut or a bench would disturb one that is under way.
void DeviceTask::serve_requests() {
  DeviceRequest* request = nullptr;
  while (session_.phase() == Phase::kIdle && xQueueReceive(requests_, &request, 0) == pdTRUE) {
    serve(*request);
    xSemaphoreGive(request->done);
  }
}

void DeviceTask::serve(DeviceRequest& request) {
  request.ok = true;
  request.text.clear();
  switch (request.kind) {
    case RequestKind::kCut:
      return force_cut(request);
    case RequestKind::kBench:
      return bench(request);
    case RequestKind::kRestart:
      restart_due_ = true;
      return;
    case RequestKind::kHang:
      hang_due_ = true;
      request.text.add("The watchdog is not fed any more.");
      return;
  }
}

void DeviceTask::force_cut(DeviceRequest& request) {
  const bool follow = request.value == device::kWholeNetwork;
  if (!follow && (!has_model_ || request.value > engine_.operators())) {
    request.ok = false;
    request.text.add("There are ").add(static_cast<uint32_t>(engine_.operators())).add(" operators on board.");
    return;
  }
  cut_forced_ = !follow;
  session_.change_model(session_config(follow ? parts_.settings.cut : static_cast<uint16_t>(request.value)));
  if (follow) {
    parts_.mqtt.ask_for_plan();
    request.text.add("Plans are followed.");
  } else {
    request.text.add("Cut ").add(request.value).add(" until `cut auto`; plans are not followed.");
  }
}

void DeviceTask::bench(DeviceRequest& request) {
  const uint16_t operators = engine_.operators();
  if (!has_model_ || request.value == 0 || request.value > kMostBenches) {
    request.ok = false;
    request.text.add(has_model_ ? "A bench is of 1 to 100 inferences." : model_trouble_.text());
    return;
  }
  uint64_t sum_us = 0;
  request.least_us = UINT32_MAX;
  for (uint32_t i = 0; i < request.value; ++i) {
    engine_.take_spent_us();
    if (!engine_.run(0, operators, Span<uint32_t>(memory_.run_us, operators))) {
      request.ok = false;
      request.text.add("An operator failed.");
      return;
    }
    esp_task_wdt_reset();
    const uint32_t spent_us = engine_.take_spent_us();
    sum_us += spent_us;
    request.least_us = spent_us < request.least_us ? spent_us : request.least_us;
    request.most_us = spent_us > request.most_us ? spent_us : request.most_us;
  }
  request.mean_us = static_cast<uint32_t>(sum_us / request.value);
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
