#include "message_tuple.h"

#include "python_bytes.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

nb::object number(uint32_t value) { return owned(PyLong_FromUnsignedLong(value)); }

nb::object refused(Status status) { return nb::int_(static_cast<int>(status)); }

nb::object model_bytes(const Header& header) { return to_python(Bytes(header.model.bytes)); }

// Fills a tuple of known size; every slot must be set before it is seen by other code.
class TupleBuilder {
 public:
  explicit TupleBuilder(size_t size) : tuple_(owned(PyTuple_New(static_cast<Py_ssize_t>(size)))) {}
  void add(nb::object value) { PyTuple_SET_ITEM(tuple_.ptr(), at_++, value.release().ptr()); }
  nb::object take() { return std::move(tuple_); }

 private:
  nb::object tuple_;
  Py_ssize_t at_ = 0;
};

template <typename... Values>
nb::object make(Values&&... values) {
  TupleBuilder builder(sizeof...(values));
  (builder.add(std::forward<Values>(values)), ...);
  return builder.take();
}

// Restores every tensor of checked records.
Status tensors_tuple(Bytes records, CodecId codec, size_t count, size_t capacity, nb::object& tensors) {
  uint64_t total = 0;
  TensorRecord record = {};
  for (TensorCursor cursor(records, codec); cursor.next(record);) {
    total += record.raw_bytes;
  }
  if (total > capacity) {
    return Status::kOversized;
  }
  TupleBuilder builder(count);
  TensorCursor cursor(records, codec);
  for (size_t i = 0; i < count; ++i) {
    // Making objects may collect garbage and so run Python code, which may write to the buffer that a frame lies in.
    if (!cursor.next(record)) {
      return Status::kTensor;
    }
    // What needs model or tables is handed over as it came: their owner undoes it.
    const bool as_it_came = opaque(record.codec);
    const size_t bytes = as_it_came ? record.coded.size() : record.raw_bytes;
    nb::object data = owned(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(bytes)));
    if (as_it_came) {
      copy_bytes(fresh_bytes(data).data(), record.coded.data(), bytes);
    } else {
      CUTPOINT_TRY(decode_tensor(record.codec, record.dtype, record.coded, fresh_bytes(data)));
    }
    builder.add(make(number(record.index), number(static_cast<uint8_t>(record.dtype)),
                     number(static_cast<uint8_t>(record.codec)), number(static_cast<uint32_t>(record.coded.size())),
                     number(record.raw_bytes), std::move(data)));
  }
  tensors = builder.take();
  return Status::kOk;
}

nb::object timings_tuple(const ActivationView& view) {
  if (!view.timed) {
    return nb::none();
  }
  TupleBuilder operators(view.operators_timed);
  for (size_t i = 0; i < view.operators_timed; ++i) {
    operators.add(number(view.operator_us(i)));
  }
  nb::object last = nb::none();
  if (view.last.sequence != 0) {
    last = make(number(view.last.sequence), number(view.last.round_trip_us), number(view.last.edge_us),
                number(view.last.bytes_up), number(view.last.bytes_down));
  }
  return make(number(view.encode_us), operators.take(), std::move(last));
}

nb::object activation_tuple(const Header& header, Bytes payload, size_t capacity) {
  ActivationView view;
  Status status = read_activation(header, payload, view);
  nb::object tensors;
  if (status == Status::kOk) {
    status = tensors_tuple(view.tensors, header.codec, view.tensor_count, capacity, tensors);
  }
  if (status != Status::kOk) {
    return refused(status);
  }
  return make(number(1), model_bytes(header), number(header.boot), number(header.sequence), number(header.cut),
              number(static_cast<uint8_t>(header.codec)), number(header.flags), number(view.plan_epoch),
              std::move(tensors), timings_tuple(view), number(view.setting));
}

nb::object records_tuple(const ResultView& view) {
  TupleBuilder records(view.count);
  for (size_t i = 0; i < view.count; ++i) {
    if (view.answer == AnswerKind::kModels) {
      records.add(to_python(Bytes(view.model_record(i).bytes)));
    } else if (view.answer == AnswerKind::kClasses) {
      const ClassRecord record = view.class_record(i);
      records.add(make(number(record.label), owned(PyFloat_FromDouble(static_cast<double>(record.score)))));
    } else {
      const CentroidRecord record = view.centroid_record(i);
      records.add(make(number(record.label), owned(PyFloat_FromDouble(static_cast<double>(record.score))),
                       number(record.x), number(record.y), number(record.width), number(record.height)));
    }
  }
  return records.take();
}

nb::object result_tuple(const Header& header, Bytes payload, size_t capacity) {
  ResultView view;
  Status status = read_result(header, payload, view);
  nb::object records;
  if (status == Status::kOk && view.answer == AnswerKind::kRaw) {
    status = tensors_tuple(view.records, header.codec, view.count, capacity, records);
  } else if (status == Status::kOk) {
    records = records_tuple(view);
  }
  if (status != Status::kOk) {
    return refused(status);
  }
  return make(number(2), model_bytes(header), number(header.boot), number(header.sequence), number(header.cut),
              number(static_cast<uint8_t>(view.status)), number(view.edge_us),
              number(static_cast<uint8_t>(view.answer)), std::move(records), nb::bool_(view.partial));
}

nb::object plan_tuple(const Header& header, Bytes payload) {
  Plan plan = {};
  const Status status = read_plan(header, payload, plan);
  if (status != Status::kOk) {
    return refused(status);
  }
  return make(number(3), model_bytes(header), number(plan.epoch), number(header.cut),
              number(static_cast<uint8_t>(header.codec)), number(header.flags), number(plan.deadline_ms),
              to_python(plan.parameters));
}

nb::object gauges_tuple(const Gauges& gauges) {
  size_t present = 0;
  for (uint8_t i = 0; i < kGauges; ++i) {
    present += gauges.has(static_cast<Gauge>(i)) ? 1u : 0u;
  }
  TupleBuilder builder(present);
  for (uint8_t i = 0; i < kGauges; ++i) {
    const Gauge gauge = static_cast<Gauge>(i);
    if (!gauges.has(gauge)) {
      continue;
    }
    const bool is_signed = gauge_is_signed(gauge);
    const uint32_t bits = gauges.value(gauge);
    nb::object value = is_signed ? owned(PyLong_FromLong(static_cast<int32_t>(bits))) : number(bits);
    builder.add(make(number(i), std::move(value)));
  }
  return builder.take();
}

nb::object telemetry_tuple(const Header& header, Bytes payload) {
  TelemetryView view;
  const Status status = read_telemetry(header, payload, view);
  if (status != Status::kOk) {
    return refused(status);
  }
  TupleBuilder counters(view.counter_count);
  for (size_t i = 0; i < view.counter_count; ++i) {
    const Counter counter = view.counter(i);
    counters.add(make(number(counter.id), number(counter.value)));
  }
  return make(number(4), model_bytes(header), number(header.boot), gauges_tuple(view.gauges), counters.take());
}

nb::object command_tuple(const Header& header, Bytes payload) {
  CommandView view = {};
  const Status status = read_command(header, payload, view);
  if (status != Status::kOk) {
    return refused(status);
  }
  return make(number(5), model_bytes(header), number(header.boot), number(header.sequence), number(view.id),
              to_python(view.argument));
}

}  // namespace

nb::object message_tuple(const Message& message, size_t capacity) {
  switch (message.header.kind) {
    case Kind::kActivation:
      return activation_tuple(message.header, message.payload, capacity);
    case Kind::kResult:
      return result_tuple(message.header, message.payload, capacity);
    case Kind::kPlan:
      return plan_tuple(message.header, message.payload);
    case Kind::kTelemetry:
      return telemetry_tuple(message.header, message.payload);
    case Kind::kCommand:
      return command_tuple(message.header, message.payload);
  }
  return refused(Status::kKind);
}

}  // namespace cutpoint
