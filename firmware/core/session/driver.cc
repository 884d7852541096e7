#include "driver.h"

namespace cutpoint {

bool Driver::pump_one() {
  Action action;
  if (!session_.poll(action)) {
    return publish_note();
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

void Driver::run(const Run& run) {
  const size_t count = static_cast<size_t>(run.last - run.first);
  TensorView tensors[kMaxTensors];
  size_t live = 0;
  bool ok = count <= operators_us_.size() && run.last <= engine_.operators();
  // At cut 0 as well: the inputs are live where a run ended, and that one begins the inference.
  ok = ok && ((count == 0 && run.first != 0) || engine_.run(run.first, run.last, operators_us_.first(count)));
  ok = ok && (run.first != 0 || engine_.live(run.last, Span<TensorView>(tensors), live));
  const Ran ran = {run.first, run.last, ok, operators_us_.first(ok ? count : 0), Span<const TensorView>(tensors, live)};
  if (session_.ran(ran) != Status::kOk) {
    // Tensors that cannot travel are an engine that cannot be used.
    session_.ran({run.first, run.last, false, Span<const uint32_t>(), Span<const TensorView>()});
  }
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
