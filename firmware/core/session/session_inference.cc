// One inference: which way it goes, what is run, who answers.
#include "session.h"

namespace cutpoint {
namespace {

bool sendable(const TensorView& tensor) {
  const size_t item = item_bytes(tensor.dtype);
  return item != 0 && tensor.data.size() % item == 0;
}

}  // namespace

Status Session::input(uint32_t& sequence) {
  if (!begun_ || inference_.phase != Phase::kIdle) {
    misuse();
    return Status::kArgument;
  }
  const uint64_t now_us = now();
  look(now_us);
  sequence_ = next_sequence(sequence_);
  sequence = sequence_;
  counters_.count(CounterId::kInferences);
  inference_ = Inference();
  inference_.decision = plan();
  inference_.delivery.sequence = sequence_;
  inference_.delivery.cut = plan().cut;
  sent_ = nullptr;
  choose_way(now_us);
  return Status::kOk;
}

void Session::choose_way(uint64_t now) {
  Reason by_itself = Reason::kEdge;
  if (!connected_) {
    by_itself = Reason::kOffline;
  } else if (isolation_.isolated()) {
    inference_.trial = !can_finish() && isolation_.probe_due(now);
    by_itself = inference_.trial ? Reason::kEdge : Reason::kIsolated;
  } else if (profile_due_ && can_finish()) {
    by_itself = Reason::kProfiled;
  } else if (plan().cut == config_.operators) {
    by_itself = Reason::kPlanned;
  }
  inference_.profile = profile_due_;
  if (by_itself == Reason::kEdge) {
    if (profile_due_) {
      inference_.delivery.cut = config_.cuts.instead_of(config_.on_board, config_.on_board, config_.operators);
    }
    return run_next(0, inference_.delivery.cut);
  }
  if (!can_finish()) {
    return deliver(By::kNone, by_itself);
  }
  inference_.whole = true;
  inference_.delivery.reason = by_itself;
  inference_.delivery.cut = config_.operators;
  run_next(0, config_.operators);
}

void Session::run_next(uint16_t first, uint16_t last) {
  inference_.phase = Phase::kRun;
  inference_.begun = false;
  inference_.first = first;
  inference_.last = last;
}

Status Session::running(const Running& running) {
  if (inference_.begun || !asked(running.first, running.last) ||
      !(inference_.finishing || keep_live(running.live))) {
    misuse();
    return Status::kArgument;
  }
  inference_.sliced = inference_.begun = true;
  if (!inference_.finishing && !inference_.whole && can_stream(codec_in_flight())) {
    inference_.sending = begin_sending();
  }
  if (inference_.won) {
    deliver(By::kEdge, Reason::kEdge);  // before the first slice
  }
  return Status::kOk;
}

bool Session::progress(Span<const size_t> ready) {
  inference_.chunk_ready = streams() && writer_.next_is_ready(ready);
  return streaming();
}

// Until they are sent, or of no use any more. False for tensors that no message can carry.
bool Session::keep_live(Span<const TensorView> live) {
  if (live.size() > kMaxTensors) {
    return false;
  }
  inference_.live_count = 0;
  for (const TensorView& tensor : live) {
    if (!sendable(tensor)) {
      return false;
    }
    inference_.live[inference_.live_count++] = tensor;
  }
  return true;
}

// The driver speaks of the Run that was asked for.
bool Session::asked(uint16_t first, uint16_t last) const {
  return inference_.phase == Phase::kRunning && first == inference_.first && last == inference_.last;
}

Status Session::ran(const Ran& ran) {
  const size_t count = static_cast<size_t>(ran.last - ran.first);
  const bool told = inference_.finishing || inference_.begun;
  if (!asked(ran.first, ran.last) ||
      (ran.ok && (ran.operators_us.size() != count || !(told || keep_live(ran.live))))) {
    misuse();
    return Status::kArgument;
  }
  look(now());
  if (inference_.won) {
    deliver(By::kEdge, Reason::kEdge);
    return Status::kOk;
  }
  if (!ran.ok) {
    engine_failed();
    return Status::kOk;
  }
  for (size_t i = 0; i < count; ++i) {
    buffers_.operators_us[ran.first + i] = ran.operators_us[i];
  }
  if (inference_.finishing) {
    if (ran.last == config_.operators) {
      deliver(By::kDevice, inference_.delivery.reason);
    } else {
      run_next(ran.last, static_cast<uint16_t>(ran.last + 1));
    }
    return Status::kOk;
  }
  head_done();
  return Status::kOk;
}

void Session::head_done() {
  if (inference_.whole) {
    return deliver(By::kDevice, inference_.delivery.reason);
  }
  if (inference_.given_up) {
    return finish_here(inference_.delivery.reason);
  }
  if (!may_send()) {
    lose_sent();
    return finish_here(connected_ ? Reason::kIsolated : Reason::kOffline);
  }
  writer_.set_last(last_answered_);  // an acknowledgement may have come since the first chunk
  inference_.phase = Phase::kSend;
}

// The rest on the device, an operator or a slice at a time, so that an answer that still comes can win.
void Session::finish_here(Reason reason) {
  inference_.delivery.reason = reason;
  if (!can_finish()) {
    return deliver(By::kNone, reason);
  }
  if (inference_.engine_failed) {
    return deliver(By::kNone, Reason::kEngine);
  }
  inference_.finishing = true;
  const uint16_t cut = inference_.delivery.cut;
  run_next(cut, inference_.sliced ? config_.operators : static_cast<uint16_t>(cut + 1));
}

void Session::engine_failed() {
  inference_.engine_failed = true;
  lose_sent();
  if (sent_ != nullptr && sent_->state == SentState::kOpen) {
    inference_.phase = Phase::kWait;
  } else {
    deliver(By::kNone, Reason::kEngine);
  }
}

void Session::deliver(By by, Reason reason) {
  inference_.delivery.by = by;
  inference_.delivery.reason = reason;
  inference_.phase = Phase::kDeliver;
}

void Session::poll_deliver(Action& action) {
  const By by = inference_.delivery.by;
  counters_.count(by == By::kEdge     ? CounterId::kAnsweredByEdge
                  : by == By::kDevice ? CounterId::kAnsweredByDevice
                                      : CounterId::kUnanswered);
  action.kind = ActionKind::kDeliver;
  action.delivery = inference_.delivery;
  const bool report = inference_.whole && by == By::kDevice;
  inference_.phase = report ? Phase::kSend : Phase::kIdle;
}

}  // namespace cutpoint
