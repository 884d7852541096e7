#include "driver.h"

namespace cutpoint {

bool Driver::pump_one() {
  Action action;
  if (!session_.poll(action)) {
    return slice() || publish_note();
  }
  switch (action.kind) {
    case ActionKind::kPublish:
      publish(action.publish);
      break;
    case ActionKind::kRun:
      run(action.run);
      break;
    case ActionKind::kDeliver:
      deliver(action.delivery);
      break;
    case ActionKind::kCommand:
      if (!listener_.commanded(action.command)) {
        session_.unsupported_command();
      }
      break;
    case ActionKind::kPlanChanged:
      listener_.plan_changed(action.plan);
      break;
    case ActionKind::kNone:
      break;
  }
  return true;
}

void Driver::publish(const Publish& publish) {
  if (!transport_.publish(publish.leaf, publish.payload, publish.qos, publish.retain)) {
    session_.unsent();
  }
}

// A note that the transport does not take waits for the next pump.
bool Driver::publish_note() {
  if (notes_ == nullptr || notes_->empty() || session_.state() == LinkState::kOffline ||
      !transport_.publish(Leaf::kNote, notes_->front(), 1, false)) {
    return false;
  }
  notes_->pop();
  return true;
}

// An engine that works line by line only begins here.
void Driver::run(const Run& run) {
  const size_t count = static_cast<size_t>(run.last - run.first);
  TensorView tensors[kMaxTensors];
  size_t live = 0;
  LineEngine* const lines = engine_.lines();
  bool ok = count <= operators_us_.size() && run.last <= engine_.operators();
  if (ok && lines != nullptr) {
    ok = lines->begin(run.first, run.last);
  } else if (ok && (count != 0 || run.first == 0)) {
    // At cut 0 as well: the inputs are live where a run ended, and that one begins the inference.
    ok = engine_.run(run.first, run.last, operators_us_.first(count));
  }
  ok = ok && (run.first != 0 || engine_.live(run.last, Span<TensorView>(tensors), live));
  const Span<const TensorView> told(tensors, live);
  waiting_ = false;
  slicing_ = run;
  sliced_ = ok && lines != nullptr && session_.running({run.first, run.last, told}) == Status::kOk;
  live_ = static_cast<uint8_t>(live);
  if (sliced_) {
    return;
  }
  ok = ok && lines == nullptr;
  if (session_.ran({run.first, run.last, ok, operators_us_.first(ok ? count : 0), told}) != Status::kOk) {
    // Tensors that cannot travel are an engine that cannot be used.
    session_.ran({run.first, run.last, false, Span<const uint32_t>(), Span<const TensorView>()});
  }
}

// False when there is nothing to do for the engine now.
bool Driver::slice() {
  // An answer that came between two slices has ended the inference, and the range with it.
  sliced_ = sliced_ && session_.phase() == Phase::kRunning;
  if (!sliced_) {
    return false;
  }
  LineEngine& lines = *engine_.lines();
  const uint64_t until_us = session_.time_us() + kSliceUs;
  for (uint16_t unit = 0; unit < kSliceUnits; ++unit) {
    const Step step = lines.advance();
    if (step == Step::kDone || step == Step::kFailed) {
      end_lines(lines, step == Step::kDone);
      return true;
    }
    size_t ready[kMaxTensors];
    for (uint8_t place = 0; place < live_; ++place) {
      ready[place] = lines.ready(place);
    }
    const bool chunk = session_.progress(Span<const size_t>(ready, live_));
    waiting_ = step == Step::kWaiting && !chunk;
    if (waiting_ && unit == 0) {
      return false;
    }
    if (chunk || step == Step::kWaiting || session_.time_us() >= until_us) {
      break;
    }
  }
  return true;
}

void Driver::end_lines(LineEngine& lines, bool ok) {
  const Span<uint32_t> us = operators_us_.first(ok ? static_cast<size_t>(slicing_.last - slicing_.first) : 0);
  if (ok) {
    lines.operators_us(us);
  }
  sliced_ = false;
  session_.ran({slicing_.first, slicing_.last, ok, us, Span<const TensorView>()});
}

void Driver::deliver(const Delivery& delivery) {
  TensorView outputs[kMaxTensors];
  size_t count = 0;
  if (delivery.by == By::kDevice && !engine_.live(engine_.operators(), Span<TensorView>(outputs), count)) {
    count = 0;
  }
  listener_.delivered(delivery, Span<const TensorView>(outputs, count));
}

}  // namespace cutpoint
