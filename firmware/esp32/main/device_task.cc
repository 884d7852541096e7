#include "device_task.h"

#include <string.h>

#include "board/measures.h"
#include "board/watchdog.h"
#include "core/crc32.h"
#include "esp_log.h"
#include "esp_timer.h"
#include "network/network.h"

namespace cutpoint::esp32 {
namespace {

constexpr char kTag[] = "device";
constexpr uint32_t kMostWaitMs = 1000;  // how old status() may be
constexpr UBaseType_t kRequests = 4;
constexpr int kFramesATurn = 32;
// Inference on the second core where there is one; the network's tasks stay on the first.
constexpr BaseType_t kCore = portNUM_PROCESSORS > 1 ? 1 : 0;

portMUX_TYPE g_status_lock = portMUX_INITIALIZER_UNLOCKED;

uint32_t microseconds(uint64_t from, uint64_t to) {
  return to - from > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(to - from);
}

}  // namespace

DeviceTask::DeviceTask(const DeviceParts& parts)
    : parts_(parts),
      session_(*this, memory_.buffers()),
      engine_(parts.runner, parts.input),
      notes_(parts.events),
      updates_(parts.settings, parts.slots, parts.app, notes_),
      sealer_(cipher_, Role::kDevice, Life{parts.life.boot, parts.salt}),
      opener_(cipher_, Role::kDevice),
      sealing_(parts.mqtt, sealer_, MutableBytes(memory_.chunk)),
      driver_(session_, engine_, parts.settings.aead_key_bytes != 0 ? static_cast<Transport&>(sealing_) : parts.mqtt,
              *this, Span<uint32_t>(memory_.run_us), &notes_.notes()),
      life_(parts.life) {}

bool DeviceTask::begin(device::Sentence& why) {
  if (sealed() && !cipher_.begin(parts_.settings.aead_key)) {
    why.clear();
    why.add("The key aead_key could not be taken; frames would travel in the clear, so none does. Set it again.");
    return false;
  }
  modelled_.begin(device::text_of(chip_name()));
  requests_ = xQueueCreate(kRequests, sizeof(DeviceRequest));
  settled_ = xSemaphoreCreateBinary();
  write_about(ModelId{});
  const Status begun = session_.begin(session_config(parts_.settings.cut));
  if (requests_ == nullptr || settled_ == nullptr || begun != Status::kOk) {
    why.clear();
    why.add("The device could not be started with these settings; check cut, chunk and deadline_ms.");
    return false;
  }
  update_status();
  return true;
}

bool DeviceTask::start() {
  if (xTaskCreatePinnedToCore(main, "device", kDeviceTaskStackBytes, this, kDeviceTaskPriority, &task_, kCore) !=
      pdPASS) {
    return false;
  }
  xSemaphoreTake(settled_, portMAX_DELAY);
  return true;
}

DeviceStatus DeviceTask::status() const {
  portENTER_CRITICAL(&g_status_lock);
  const DeviceStatus status = status_;
  portEXIT_CRITICAL(&g_status_lock);
  return status;
}

void DeviceTask::wake() {
  if (task_ != nullptr) {
    xTaskNotifyGive(task_);
  }
}

void DeviceTask::main(void* self) {
  DeviceTask& task = *static_cast<DeviceTask*>(self);
  watch_this_task();
  watch_stack(xTaskGetCurrentTaskHandle());
  task.settle();
  xSemaphoreGive(task.settled_);
  task.loop();
}

void DeviceTask::settle() {
  device::Sentence why;
  if (!parts_.input.begin(parts_.settings.input, xTaskGetCurrentTaskHandle(), why)) {
    ESP_LOGW(kTag, "%s", why.text());
    notes_.say(device::NoteKind::kError, why.text());
  }
  settle_trial_of_boot();
  session_.change_model(session_config(parts_.settings.cut));
  update_status();
  parts_.inbox.set_reader(xTaskGetCurrentTaskHandle());
}

void DeviceTask::loop() {
  for (;;) {
    feed_watchdog();
    follow_connection();
    const bool more = take_frames();
    serve_requests();
    tell_figures();
    tell_trouble();
    look_after_life();
    next_picture();
    pump();
    if (session_.phase() == Phase::kIdle) {
      switch (updates_.due()) {
        case UpdateDue::kTryModel:
          try_new_model();
          break;
        case UpdateDue::kTryFirmware:
          try_new_firmware();
          break;
        case UpdateDue::kNothing:
          break;
      }
      if (restart_due_) {
        restart();
      }
    } else {
      parts_.input.prepare();
    }
    update_status();
    // At least a tick, so that the idle task of this core gets its turn too.
    const uint32_t wait = more ? 0 : wait_ms();
    if (wait == 0) {
      vTaskDelay(1);  // a notification that waits already would return at once
    } else {
      ulTaskNotifyTake(pdTRUE, pdMS_TO_TICKS(wait));
    }
  }
}

// Until something is due, at most kMostWaitMs.
uint32_t DeviceTask::wait_ms() {
  const uint64_t now = now_us();
  uint64_t next = now + kMostWaitMs * 1000ull;
  uint64_t when = 0;
  if (driver_.next_wakeup_us(when) && when < next) {
    next = when;
  }
  if (parts_.settings.tele_ms != 0 && next_figures_us_ < next) {
    next = next_figures_us_;
  }
  const bool idle = session_.phase() == Phase::kIdle;
  if (has_model_ && idle && !on_demand() && next_picture_us_ < next) {
    next = next_picture_us_;
  }
  return next <= now ? 0 : static_cast<uint32_t>((next - now + 999) / 1000);
}

uint64_t DeviceTask::now_us() { return static_cast<uint64_t>(esp_timer_get_time()); }

void DeviceTask::follow_connection() {
  const uint32_t seen = parts_.inbox.connection();
  if (seen == connection_) {
    return;
  }
  const bool was = (connection_ & 1u) != 0;
  connection_ = seen;
  if (was) {
    driver_.disconnected();
  }
  if ((seen & 1u) != 0) {
    driver_.connected();
    life_.connected();
    // What could not be told while there was nobody to tell.
    device::Sentence trouble;
    if (network().take_trouble(trouble) || parts_.mqtt.take_trouble(trouble)) {
      notes_.say(device::NoteKind::kError, trouble.text());
    }
    if (!was_ready_) {
      was_ready_ = true;
      parts_.events.ready();
    }
  }
}

// True when there may be more: a flood of frames must not keep everything else from its turn.
bool DeviceTask::take_frames() {
  for (int i = 0; i < kFramesATurn; ++i) {
    const size_t bytes = parts_.inbox.take_frame(MutableBytes(memory_.frame));
    if (bytes == 0) {
      return false;
    }
    receive(MutableBytes(memory_.frame, bytes));
    // A step of an update is an action: it is done before the next frame takes its place.
    pump();
    feed_watchdog();
  }
  return true;
}

void DeviceTask::receive(MutableBytes frame) {
  Header header = {};
  if (cut_forced_ && peek_header(frame, header) == Status::kOk && header.kind == Kind::kPlan) {
    return;
  }
  if (!sealed()) {
    return driver_.received(frame);
  }
  size_t bytes = 0;
  const Status opened = opener_.open(frame, bytes);
  if (opened != Status::kReplayed) {  // as brokers repeat retained plans at every connection: no bad frame
    driver_.received(opened == Status::kOk ? Bytes(frame.first(bytes)) : Bytes());
  }
}

// Between two actions what has arrived is looked at: an answer may make the rest of an inference needless.
void DeviceTask::pump() {
  session_.tick();
  while (driver_.pump_one()) {
    feed_watchdog();
    if (session_.phase() != Phase::kIdle) {
      const size_t bytes = parts_.inbox.take_frame(MutableBytes(memory_.frame));
      if (bytes != 0) {
        receive(MutableBytes(memory_.frame, bytes));
      }
    }
  }
}

void DeviceTask::next_picture() {
  if (!has_model_ || restart_due_ || session_.phase() != Phase::kIdle) {
    return;
  }
  const uint64_t now = now_us();
  if (!on_demand() && now < next_picture_us_) {
    return;
  }
  device::Sentence why;
  MutableBytes memory[kMaxTensors];
  if (!parts_.input.next(inputs(memory), why)) {
    next_picture_us_ = now + 100000;  // a camera that has none yet is asked again soon
    if (!why.empty() && strcmp(why.text(), input_trouble_.text()) != 0) {
      notes_.say(device::NoteKind::kError, why.text());
    }
    input_trouble_ = why;
    return;
  }
  next_picture_us_ = now + parts_.settings.period_ms * 1000ull;
  began_us_ = now_us();
  engine_.take_spent_us();
  parts_.mqtt.take_sending_us();
  uint32_t sequence = 0;
  driver_.picture(sequence);
}

// Where the engine's inputs are written; a ring of lines in an engine that is fed.
Span<const MutableBytes> DeviceTask::inputs(Span<MutableBytes> memory) {
  const size_t count = parts_.runner.inputs() < memory.size() ? parts_.runner.inputs() : memory.size();
  for (size_t i = 0; i < count; ++i) {
    memory[i] = engine_.input(i);
  }
  return memory.first(count);
}

void DeviceTask::delivered(const Delivery& delivery, Span<const TensorView> outputs) {
  uint32_t crc = 0;
  for (const TensorView& output : outputs) {
    crc = crc32(crc, output.data);
  }
  const device::AnswerLine answer = {&delivery, microseconds(began_us_, now_us()), engine_.take_spent_us(),
                                     delivery.by == By::kDevice, crc};
  modelled_.add(answer.device_us, parts_.mqtt.take_sending_us(), answer.total_us);
  parts_.input.release();
  parts_.events.answered(answer);
}

bool DeviceTask::commanded(const Command& command) {
  switch (static_cast<CommandId>(command.id)) {
    case CommandId::kIdentify:
      parts_.events.identify();
      return true;
    case CommandId::kRestart:
      restart_due_ = true;
      return true;
    case CommandId::kNewModel:
    case CommandId::kNewFirmware:
      return updates_.take(static_cast<CommandId>(command.id), command.argument);
    case CommandId::kProfile:
      break;  // the session's own
  }
  return false;
}

void DeviceTask::plan_changed(const Decision& plan) {
  ESP_LOGI(kTag, "plan %u: cut %u, codec %u:%u, deadline %u ms", static_cast<unsigned>(plan.epoch), plan.cut,
           static_cast<unsigned>(plan.codec), plan.setting, static_cast<unsigned>(plan.deadline_ms));
}

void DeviceTask::tell_figures() {
  const uint64_t now = now_us();
  if (parts_.settings.tele_ms == 0 || now < next_figures_us_) {
    return;
  }
  next_figures_us_ = now + parts_.settings.tele_ms * 1000ull;
  Gauges gauges;
  fill_gauges(gauges);
  uint32_t uj = 0;
  if (parts_.current.present()) {
    if (parts_.current.take_energy(uj)) {
      gauges.set(Gauge::kEnergyMeasured, uj);
    }
  } else if (modelled_.take(uj)) {
    gauges.set(Gauge::kEnergyModelled, uj);
  }
  session_.telemetry(gauges);
}

// What only this end can know of: messages that were not taken, a subscription that the broker refused.
void DeviceTask::tell_trouble() {
  device::Sentence text;
  if ((connection_ & 1u) != 0 && parts_.mqtt.take_trouble(text)) {
    notes_.say(device::NoteKind::kError, text.text());
  }
  const InboxCounters inbox = parts_.inbox.counters();
  const Counters& counters = session_.counters();
  device::RefusalCounts refused;
  refused.oversized = inbox.oversized;
  refused.retained = inbox.retained;
  refused.full = inbox.full;
  refused.unreadable = counters.value(CounterId::kBadFrames);
  refused.unsupported = counters.value(CounterId::kUnsupportedCommands);
  if (refusals_.tell(refused, now_us(), static_cast<uint32_t>(kMaxFrameBytes), text)) {
    ESP_LOGW(kTag, "%s", text.text());
    notes_.say(device::NoteKind::kError, text.text());
  }
}

const char* DeviceTask::energy_name() const {
  return parts_.current.present() ? "measured" : modelled_.known() ? "modelled" : nullptr;
}

// A picture from the line is taken as soon as it is there; its arrival wakes this task.
bool DeviceTask::on_demand() const {
  const device::InputChoice choice = parts_.input.choice();
  return choice == device::InputChoice::kSerial || choice == device::InputChoice::kNone;
}

void DeviceTask::update_status() {
  const Counters& counters = session_.counters();
  DeviceStatus status = {};
  status.link = session_.state();
  status.has_model = has_model_;
  const SessionConfig config = session_config(parts_.settings.cut);
  status.model = config.model;
  status.operators = config.operators;
  status.on_board = config.on_board;
  status.cut = session_.plan().cut;
  status.epoch = session_.plan().epoch;
  status.inferences = counters.value(CounterId::kInferences);
  status.by_edge = counters.value(CounterId::kAnsweredByEdge);
  status.by_device = counters.value(CounterId::kAnsweredByDevice);
  status.unanswered = counters.value(CounterId::kUnanswered);
  status.bad_frames = counters.value(CounterId::kBadFrames);
  status.inbox_full = parts_.inbox.counters().full;
  status.slot = parts_.slots.slot();
  status.engine = parts_.runner.name();
  status.memory_bytes = parts_.runner.memory_bytes();
  if (has_model_) {
    strlcpy(status.model_name, parts_.slots.current().header.name, sizeof status.model_name);
  }
  status.energy = energy_name();
  status.model_trouble = model_trouble_;
  portENTER_CRITICAL(&g_status_lock);
  status_ = status;
  portEXIT_CRITICAL(&g_status_lock);
}

}  // namespace cutpoint::esp32
