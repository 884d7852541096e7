// Results: whose they are, whether they are in time, and which of them answers.
#include "../bytes.h"
#include "session.h"

namespace cutpoint {

// An answer can still be used for the inference in flight.
bool Session::of_this_inference(const Sent& sent) const {
  const Phase phase = inference_.phase;
  const bool undecided = phase == Phase::kRun || phase == Phase::kRunning || phase == Phase::kWait;
  return undecided && !inference_.whole && !inference_.won && &sent == sent_;
}

// The result buffer is taken until the driver has polled the delivery.
bool Session::holds_answer() const {
  return inference_.won || (inference_.phase == Phase::kDeliver && inference_.delivery.by == By::kEdge);
}

// kOk: `sent` is the activation that the result is about, null when the edge could not say which.
Status Session::match(const Header& header, Sent*& sent) {
  sent = nullptr;
  if (header.model != config_.model) {
    return bad_frame(Status::kArgument);
  }
  if (header.sequence == 0) {
    return Status::kOk;
  }
  if (header.boot != config_.boot) {
    counters_.count(CounterId::kLateResults);  // to an earlier life
    return Status::kStale;
  }
  sent = sent_log_.find(header.sequence);
  if (sent == nullptr) {
    if (sequence_ == 0 || serial_newer(header.sequence, sequence_)) {
      return bad_frame(Status::kNumber);
    }
    counters_.count(CounterId::kLateResults);
    return Status::kStale;
  }
  if (sent->state == SentState::kAnswered || sent->state == SentState::kRefused) {
    counters_.count(CounterId::kDuplicateResults);
    return Status::kDuplicate;
  }
  return Status::kOk;
}

Status Session::take_result(const Header& header, Bytes payload, Bytes frame) {
  Sent* sent = nullptr;
  CUTPOINT_TRY(match(header, sent));
  if (header.chunk_count != 1 && holds_answer()) {
    counters_.count(CounterId::kLateResults);
    return Status::kStale;
  }
  Message message = {header, payload};
  const Status assembled = assemble(results_, frame, message);
  if (assembled == Status::kPending) {
    return assembled;
  }
  if (assembled == Status::kDuplicate || assembled == Status::kStale) {
    counters_.count(assembled == Status::kStale ? CounterId::kLateResults : CounterId::kDuplicateResults);
    return assembled;
  }
  if (assembled != Status::kOk) {
    return bad_frame(assembled);
  }
  ResultView result = {};
  const Status read = read_result(message.header, message.payload, result);
  if (read != Status::kOk) {
    return bad_frame(read);
  }
  if (sent == nullptr) {
    // About a frame of which the edge could not even read the sequence.
    if (result.status == ResultStatus::kOk) {
      return bad_frame(Status::kNumber);
    }
    counters_.count(CounterId::kRefusedByEdge);
    forget_unreadable(result.status);
    return Status::kOk;
  }
  message.header.chunk_count = header.chunk_count;
  return result.status == ResultStatus::kOk ? answered(*sent, message, result) : refused(*sent, result.status);
}

Status Session::refused(Sent& sent, ResultStatus status) {
  const bool this_one = &sent == sent_;
  if (sent.pending()) {
    isolation_.refused();
  }
  sent.state = SentState::kRefused;
  counters_.count(CounterId::kRefusedByEdge);
  forget_unreadable(status);
  if (status == ResultStatus::kUnknownModel) {
    isolation_.isolate(clock_.now_us());
  }
  if (this_one) {
    inference_.delivery.refusal = status;
    stop_sending(Reason::kRefused);
  }
  return Status::kOk;
}

// The frame may have been the change of one that the edge does not have, after a restart of it for instance.
void Session::forget_unreadable(ResultStatus status) {
  if (status == ResultStatus::kBadFrame) {
    memory_.forget();
  }
}

Status Session::answered(Sent& sent, const Message& message, const ResultView& result) {
  const bool wins = of_this_inference(sent);
  const bool empty = result.answer == AnswerKind::kNone && !sent.answered;
  if (sent.state == SentState::kSending || message.header.cut != sent.cut || empty) {
    return bad_frame(Status::kArgument);
  }
  if (wins && message.payload.size() > buffers_.result.size()) {
    return bad_frame(Status::kOversized);
  }
  if (sent.state == SentState::kOpen) {
    isolation_.answered();
  } else {
    counters_.count(CounterId::kLateResults);
  }
  sent.state = SentState::kAnswered;
  if (!result.partial) {
    memory_.acknowledged(sent.sequence);
  }
  Delivery scratch = {};
  Delivery& delivery = wins ? inference_.delivery : scratch;
  delivery.edge_us = result.edge_us;
  delivery.bytes_down = static_cast<uint32_t>(message.payload.size() + message.header.chunk_count * kHeaderBytes);
  measure(sent, delivery);
  if (!wins) {
    return Status::kOk;
  }
  // A single frame lies in the caller's memory, and the driver polls later.
  move_bytes(buffers_.result.data(), message.payload.data(), message.payload.size());
  results_.reset();
  delivery.header = message.header;
  delivery.header.chunk_count = 1;
  delivery.payload = buffers_.result.first(message.payload.size());
  if (inference_.phase == Phase::kRunning && !inference_.begun) {
    inference_.won = true;
  } else {
    deliver(By::kEdge, Reason::kEdge);
  }
  return Status::kOk;
}

// Rule 6: a round trip over a jump of the clock, or shorter than the residence within it, touches no average.
void Session::measure(const Sent& sent, Delivery& delivery) {
  const uint64_t round_trip_us = clock_.now_us() - sent.began_us;
  if (sent.void_measure || round_trip_us > UINT32_MAX || delivery.edge_us > round_trip_us) {
    return;
  }
  delivery.measured = true;
  delivery.round_trip_us = static_cast<uint32_t>(round_trip_us);
  if (last_answered_.sequence == 0 || serial_newer(sent.sequence, last_answered_.sequence)) {
    last_answered_ = {sent.sequence, delivery.round_trip_us, delivery.edge_us, sent.bytes_up, delivery.bytes_down};
  }
}

}  // namespace cutpoint
