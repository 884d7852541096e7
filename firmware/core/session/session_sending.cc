// Activations on their way out: to be answered, or to report what the device answered by itself.
#include "session.h"

namespace cutpoint {

// A question goes out when the edge is thought to be there; a report, or a trial, also when it is time to ask whether
// it is.
bool Session::may_send() const {
  const bool asks = inference_.whole ? isolation_.probe_due(clock_.now_us()) : inference_.trial;
  return connected_ && (!isolation_.isolated() || asks);
}

// The head runs, and the message may leave meanwhile.
bool Session::streams() const {
  return inference_.phase == Phase::kRunning && inference_.sending && !inference_.finishing && !inference_.given_up;
}

// A chunk of it can leave now.
bool Session::streaming() const { return streams() && inference_.chunk_ready && may_send(); }

// What has begun to leave will not be whole.
void Session::lose_sent() {
  if (sent_ != nullptr && sent_->state == SentState::kSending) {
    sent_->state = SentState::kLost;
  }
}

// What is decided for one cut fits no other: a profile, or a report of the outputs, then travels raw.
CodecId Session::codec_in_flight() const {
  const Decision& decision = inference_.decision;
  const bool fits = !calibrated(decision.codec) || inference_.delivery.cut == decision.cut;
  return fits ? decision.codec : CodecId::kRaw;
}

Coding Session::coding() {
  Coding coding;
  coding.codec = codec_in_flight();
  if (calibrated(coding.codec)) {
    coding.setting = inference_.decision.setting;
    coding.tables = &tables_;
    coding.scratch = buffers_.scratch;
    coding.memory = &memory_;
  }
  return coding;
}

uint32_t Session::modelled_encode_us() const {
  const size_t codec = static_cast<size_t>(codec_in_flight());
  uint64_t ns = 0;
  for (uint8_t i = 0; i < inference_.live_count && codec < config_.encode_ns.size(); ++i) {
    ns += static_cast<uint64_t>(inference_.live[i].data.size()) * config_.encode_ns[codec];
  }
  return ns / 1000 > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(ns / 1000);
}

bool Session::begin_sending() {
  const Decision& decision = inference_.decision;
  const uint16_t cut = inference_.delivery.cut;
  uint8_t flags = decision.flags & kFlagTimings;
  if (inference_.profile) {
    flags |= kFlagTimings;
  }
  if (inference_.whole) {
    flags |= kFlagAnswered;
    if (isolation_.isolated()) {
      flags |= kFlagProbe;
    }
  }
  if (cut == decision.cut) {
    flags |= decision.flags & kFlagExploration;
  }
  if (!inference_.whole && can_finish()) {
    flags |= decision.flags & kFlagHedged;
  }
  inference_.hedged = (flags & kFlagHedged) != 0;
  const Coding how = coding();
  if (how.codec == CodecId::kDelta) {
    memory_.begin(inference_.delivery.sequence, how.setting, tables_.version());
  }
  const ActivationFields fields = {config_.model,
                                   config_.boot,
                                   inference_.delivery.sequence,
                                   cut,
                                   how,
                                   flags,
                                   decision.epoch,
                                   Span<const TensorView>(inference_.live, inference_.live_count),
                                   buffers_.operators_us.first(cut),
                                   last_answered_};
  inference_.delivery.codec = how.codec;
  inference_.delivery.setting = how.setting;
  const bool measured = config_.encode_ns.empty();
  const Status begun = writer_.begin(fields, config_.chunk_bytes, measured ? writer_now : nullptr, this);
  if (!measured) {
    writer_.set_encode_us(modelled_encode_us());
  }
  return begun == Status::kOk;
}

void Session::poll_chunk(Action& action) {
  if (!inference_.sending) {
    if (inference_.whole && !may_send()) {
      return stop_sending(Reason::kOffline);
    }
    if (inference_.whole && !sent_log_.has_room()) {
      ++counters_.local.unsent_reports;
      return stop_sending(Reason::kOffline);
    }
    if (!begin_sending()) {
      return stop_sending(Reason::kOversized);
    }
    inference_.sending = true;
  }
  Bytes frame;
  if (writer_.next_chunk(buffers_.chunk, frame) != Status::kOk) {
    misuse();  // the engine's tensors did not stay as they were
    if (sent_ != nullptr) {
      sent_->state = SentState::kLost;
    }
    return stop_sending(Reason::kEngine);
  }
  const uint64_t now_us = now();
  if (sent_ == nullptr) {
    sent_first(now_us);
  }
  sent_->bytes_up += static_cast<uint32_t>(frame.size());
  inference_.delivery.bytes_up = sent_->bytes_up;
  action.kind = ActionKind::kPublish;
  action.publish = {Leaf::kActivation, frame, 0, false};
  chunk_polled_ = true;
  if (writer_.done()) {
    sent_last(now_us);
  }
}

void Session::sent_first(uint64_t now) {
  const Delivery& delivery = inference_.delivery;
  sent_ = sent_log_.add(delivery.sequence, delivery.cut, inference_.whole, inference_.decision.deadline_ms, now);
  if (inference_.profile) {
    profile_due_ = false;
  }
  if (isolation_.isolated()) {
    counters_.count(CounterId::kProbes);
    isolation_.probe_sent(now);
  }
}

void Session::sent_last(uint64_t now) {
  sent_->state = SentState::kOpen;
  sent_->deadline_us = now + sent_->deadline_ms * 1000ull;
  inference_.handing_over = true;
  inference_.delivery.encode_us = writer_.encode_us();
  if (inference_.whole) {
    inference_.phase = Phase::kIdle;
  } else if (inference_.hedged) {
    finish_here(Reason::kHedged);
  } else {
    inference_.phase = Phase::kWait;
  }
}

// The edge will not answer what is being sent or has been sent.
void Session::stop_sending(Reason reason) {
  if (streams() && sent_ != nullptr) {
    inference_.given_up = true;
    inference_.delivery.reason = reason;
  }
  if (inference_.phase != Phase::kSend && inference_.phase != Phase::kWait) {
    return;
  }
  if (inference_.whole) {
    inference_.phase = Phase::kIdle;
  } else {
    finish_here(reason);
  }
}

}  // namespace cutpoint
