#include "session.h"

#include "../frame/chunker.h"

namespace cutpoint {

Status Session::begin(const SessionConfig& config) {
  if (begun_) {
    return Status::kArgument;
  }
  return configure(config);
}

Status Session::configure(const SessionConfig& config) {
  CUTPOINT_TRY(check_session(config, buffers_));
  CodecTables tables;
  const bool calibrated = !config.tables.empty();
  if (calibrated) {
    CUTPOINT_TRY(CodecTables::open(config.tables, config.model, tables));
  }
  if (!has_setting(calibrated ? &tables : nullptr, config.codec, config.setting, config.cut)) {
    return Status::kArgument;
  }
  config_ = config;
  tables_ = tables;
  plan_.begin(config, calibrated ? &tables_ : nullptr);
  isolation_.begin(config.isolate_after, config.probe_first_ms, config.probe_max_ms);
  begun_ = true;
  return Status::kOk;
}

Status Session::change_model(const SessionConfig& config) {
  if (!begun_ || inference_.phase != Phase::kIdle || config.boot != config_.boot) {
    return Status::kArgument;
  }
  CUTPOINT_TRY(configure(config));
  memory_.forget();
  sent_log_ = SentLog();
  last_answered_ = {};
  inference_ = Inference();
  sent_ = nullptr;
  results_.reset();
  plans_.reset();
  plan_changed_ = true;
  profile_due_ = false;
  about_due_ = connected_;
  return Status::kOk;
}

void Session::connected() {
  if (!begun_) {
    return misuse();
  }
  connected_ = true;
  presence_ = Presence::kOnline;
  state_due_ = true;
  about_due_ = true;
  isolation_.reconnected(now());
}

void Session::disconnected() {
  connected_ = false;
  state_due_ = false;
  about_due_ = false;
  telemetry_due_ = false;
  sent_log_.lose_pending();
  stop_sending(Reason::kOffline);
}

void Session::sleeping() {
  if (connected_) {
    presence_ = Presence::kSleeping;
    state_due_ = true;
  }
}

void Session::unsent() {
  if (!chunk_polled_) {
    return;
  }
  chunk_polled_ = false;
  if (sent_ != nullptr && sent_->pending()) {
    sent_->state = SentState::kLost;
    stop_sending(Reason::kOffline);
  }
}

void Session::telemetry(const Gauges& gauges) {
  if (connected_) {
    gauges_ = gauges;
    telemetry_due_ = true;
  }
}

void Session::tick() { look(now()); }

LinkState Session::state() const {
  if (!connected_) {
    return LinkState::kOffline;
  }
  return isolation_.isolated() ? LinkState::kIsolated : LinkState::kOnline;
}

uint64_t Session::now() {
  const uint64_t now = clock_.read(sent_log_.waiting());
  if (clock_.take_jump()) {
    ++counters_.local.clock_jumps;
    sent_log_.void_measures();
  }
  return now;
}

// Lets the deadlines pass that have passed.
void Session::look(uint64_t now) {
  if (sent_ != nullptr && inference_.handing_over) {
    // A transport may block for as long as the network needs; that time is not the edge's.
    inference_.handing_over = false;
    sent_->deadline_us = now + sent_->deadline_ms * 1000ull;
  }
  bool missed = false;
  for (Sent* sent = sent_log_.expire_one(now); sent != nullptr; sent = sent_log_.expire_one(now)) {
    counters_.count(CounterId::kDeadlinesMissed);
    missed = true;
    if (of_this_inference(*sent) && inference_.phase == Phase::kWait) {
      finish_here(Reason::kDeadline);
    }
  }
  if (missed) {
    isolation_.missed(now);
  }
}

bool Session::anything_to_poll() const {
  const Phase phase = inference_.phase;
  return state_due_ || about_due_ || telemetry_due_ || plan_changed_ || command_due_ || phase == Phase::kRun ||
         phase == Phase::kSend || phase == Phase::kDeliver || streaming();
}

bool Session::next_wakeup_us(uint64_t& when) {
  const uint64_t now_us = now();
  uint64_t deadline = now_us;
  if (!anything_to_poll() && !sent_log_.next_deadline(deadline)) {
    return false;
  }
  when = clock_.platform_us(deadline);
  return true;
}

bool Session::poll(Action& action) {
  action = Action();
  chunk_polled_ = false;
  if (!begun_) {
    return false;
  }
  look(now());
  return poll_publish(action) || poll_inference(action);
}

bool Session::poll_publish(Action& action) {
  action.kind = ActionKind::kPublish;
  if (state_due_) {
    state_due_ = false;
    action.publish = {Leaf::kState, state_text(presence_, config_.boot, state_text_), 1, true};
    return true;
  }
  if (about_due_) {
    about_due_ = false;
    action.publish = {Leaf::kAbout, config_.about, 1, true};
    return true;
  }
  if (plan_changed_) {
    plan_changed_ = false;
    action.kind = ActionKind::kPlanChanged;
    action.plan = plan();
    return true;
  }
  if (command_due_) {
    command_due_ = false;
    action.kind = ActionKind::kCommand;
    action.command = command_;
    return true;
  }
  if (telemetry_due_) {
    telemetry_due_ = false;
    return publish_telemetry(action);
  }
  action.kind = ActionKind::kNone;
  return false;
}

bool Session::publish_telemetry(Action& action) {
  constexpr size_t payload_bytes = 4 + 4 * kGauges + 2 + kWireCounters * kCounterBytes;
  static_assert(kHeaderBytes + payload_bytes <= kMinSessionChunkBytes, "telemetry fits into one chunk");
  Counter counters[kWireCounters];
  for (uint16_t i = 0; i < kWireCounters; ++i) {
    const uint16_t id = static_cast<uint16_t>(i + 1);
    counters[i] = {id, counters_.value(static_cast<CounterId>(id))};
  }
  ByteWriter writer(buffers_.chunk.slice(kHeaderBytes, payload_bytes));
  const Status written = write_telemetry(gauges_, Span<const Counter>(counters, kWireCounters), writer);
  Header header = {};
  header.kind = Kind::kTelemetry;
  header.model = config_.model;
  header.boot = config_.boot;
  header.chunk_count = 1;
  header.payload_bytes = static_cast<uint32_t>(writer.size());
  const MutableBytes frame = buffers_.chunk.first(kHeaderBytes + writer.size());
  if (written == Status::kOk && seal_frame(header, frame) == Status::kOk) {
    action.publish = {Leaf::kTelemetry, frame, 0, false};
    return true;
  }
  action.kind = ActionKind::kNone;
  return false;
}

bool Session::poll_inference(Action& action) {
  // Sending may end at once (a report that is not wanted), and then what comes after it is due.
  while (action.kind == ActionKind::kNone) {
    switch (inference_.phase) {
      case Phase::kRun:
        inference_.phase = Phase::kRunning;
        action.kind = ActionKind::kRun;
        action.run = {inference_.first, inference_.last};
        break;
      case Phase::kSend:
        poll_chunk(action);
        break;
      case Phase::kDeliver:
        poll_deliver(action);
        break;
      case Phase::kRunning:
        if (!streaming()) {
          return false;
        }
        inference_.chunk_ready = false;
        poll_chunk(action);
        break;
      case Phase::kIdle:
      case Phase::kWait:
        return false;
    }
  }
  return true;
}

}  // namespace cutpoint
