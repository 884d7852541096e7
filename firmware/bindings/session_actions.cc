#include "session_actions.h"

#include <nanobind/stl/optional.h>

#include <optional>
#include <utility>

#include "bytes.h"
#include "frame/header.h"
#include "python_bytes.h"
#include "session/names.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

struct PythonPublish {
  const char* leaf;
  nb::object payload;
  uint8_t qos;
  bool retain;
};

struct PythonDelivery {
  uint32_t sequence;
  const char* by;
  const char* reason;
  std::optional<uint8_t> refusal;
  uint16_t cut;
  uint8_t codec;
  uint8_t setting;
  nb::object result_frame;
  std::optional<uint32_t> round_trip_us;
  std::optional<uint32_t> edge_us;
  uint32_t encode_us;
  uint32_t bytes_up;
  uint32_t bytes_down;
  bool partial;
};

struct PythonCommand {
  uint16_t command;
  nb::object argument;
};

// The result as one frame, however many chunks it came in, so that cutpoint.wire reads it like any other.
nb::object whole_frame(const Delivery& delivery) {
  const size_t size = delivery.payload.size();
  nb::object frame = owned(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(kHeaderBytes + size)));
  const MutableBytes memory = fresh_bytes(frame);
  copy_bytes(memory.data() + kHeaderBytes, delivery.payload.data(), size);
  Header header = delivery.header;
  header.chunk_index = 0;
  header.chunk_count = 1;
  header.payload_bytes = static_cast<uint32_t>(size);
  require(seal_frame(header, memory));
  return frame;
}

nb::object python_delivery(const Delivery& delivery) {
  const bool by_edge = delivery.by == By::kEdge;
  PythonDelivery python = {};
  python.sequence = delivery.sequence;
  python.by = by_name(delivery.by);
  python.reason = reason_name(delivery.reason);
  if (delivery.reason == Reason::kRefused) {
    python.refusal = static_cast<uint8_t>(delivery.refusal);
  }
  python.cut = delivery.cut;
  python.codec = static_cast<uint8_t>(delivery.codec);
  python.setting = delivery.setting;
  python.result_frame = by_edge ? whole_frame(delivery) : nb::none();
  if (by_edge) {
    python.edge_us = delivery.edge_us;
    if (delivery.measured) {
      python.round_trip_us = delivery.round_trip_us;
    }
  }
  python.encode_us = delivery.encode_us;
  python.bytes_up = delivery.bytes_up;
  python.bytes_down = delivery.bytes_down;
  python.partial = delivery.partial();
  return nb::cast(std::move(python));
}

}  // namespace

nb::object python_publish(const Publish& publish) {
  return nb::cast(PythonPublish{leaf_name(publish.leaf), to_python(publish.payload), publish.qos, publish.retain});
}

nb::object python_plan(const Decision& decision) { return nb::cast(Decision(decision)); }

nb::object python_action(const Action& action) {
  switch (action.kind) {
    case ActionKind::kNone:
      return nb::none();
    case ActionKind::kPublish:
      return python_publish(action.publish);
    case ActionKind::kRun:
      return nb::cast(Run(action.run));
    case ActionKind::kDeliver:
      return python_delivery(action.delivery);
    case ActionKind::kCommand:
      return nb::cast(PythonCommand{action.command.id, to_python(action.command.argument)});
    case ActionKind::kPlanChanged:
      return python_plan(action.plan);
  }
  return nb::none();
}

void bind_session_actions(nb::module_& m) {
  nb::class_<PythonPublish>(m, "Publish", "Hand `payload` to the transport, on the topic that ends in `leaf`.")
      .def_ro("leaf", &PythonPublish::leaf)
      .def_ro("payload", &PythonPublish::payload)
      .def_ro("qos", &PythonPublish::qos)
      .def_ro("retain", &PythonPublish::retain);
  nb::class_<Run>(m, "Run", "Run operators [first, last), then tell the session with ran().")
      .def_ro("first", &Run::first)
      .def_ro("last", &Run::last);
  nb::class_<PythonDelivery>(m, "Deliver", "The answer of one inference, or that there is none.")
      .def_ro("sequence", &PythonDelivery::sequence)
      .def_ro("by", &PythonDelivery::by)
      .def_ro("reason", &PythonDelivery::reason)
      .def_ro("refusal", &PythonDelivery::refusal)
      .def_ro("cut", &PythonDelivery::cut)
      .def_ro("codec", &PythonDelivery::codec)
      .def_ro("setting", &PythonDelivery::setting)
      .def_ro("result_frame", &PythonDelivery::result_frame)
      .def_ro("round_trip_us", &PythonDelivery::round_trip_us)
      .def_ro("edge_us", &PythonDelivery::edge_us)
      .def_ro("encode_us", &PythonDelivery::encode_us)
      .def_ro("bytes_up", &PythonDelivery::bytes_up)
      .def_ro("bytes_down", &PythonDelivery::bytes_down)
      .def_ro("partial", &PythonDelivery::partial);
  nb::class_<PythonCommand>(m, "Command", "The edge asks for something besides an inference.")
      .def_ro("command", &PythonCommand::command)
      .def_ro("argument", &PythonCommand::argument);
  nb::class_<Decision>(m, "PlanChanged", "A newer plan is in force; epoch 0 is the configuration.")
      .def_ro("epoch", &Decision::epoch)
      .def_ro("cut", &Decision::cut)
      .def_prop_ro("codec", [](const Decision& plan) { return static_cast<uint8_t>(plan.codec); })
      .def_ro("setting", &Decision::setting)
      .def_ro("flags", &Decision::flags)
      .def_ro("deadline_ms", &Decision::deadline_ms);
}

}  // namespace cutpoint
