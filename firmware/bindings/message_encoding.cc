#include "message_encoding.h"

#include <vector>

#include "frame/message.h"
#include "python_bytes.h"
#include "tensor_argument.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

ModelId model_argument(nb::handle model) {
  const BytesView bytes(model);
  if (bytes.get().size() != kModelIdBytes) {
    throw nb::value_error("a model id has 4 bytes");
  }
  ModelId id = {};
  for (size_t i = 0; i < kModelIdBytes; ++i) {
    id.bytes[i] = bytes.get()[i];
  }
  return id;
}

Header header_argument(Kind kind, nb::handle model, uint32_t boot, uint32_t sequence, uint16_t cut, uint8_t codec = 0,
                       uint8_t flags = 0) {
  Header header = {};
  header.kind = kind;
  header.model = model_argument(model);
  header.boot = boot;
  header.sequence = sequence;
  header.cut = cut;
  header.codec = static_cast<CodecId>(codec);
  header.flags = flags;
  return header;
}

// Writer: ActivationWriter, or anything with chunk_count, next_bytes and next_chunk. Frames are written in place.
template <typename Writer>
nb::object frames_of(Writer& writer) {
  nb::object frames = owned(PyList_New(writer.chunk_count()));
  for (Py_ssize_t i = 0; i < writer.chunk_count(); ++i) {
    nb::object frame = owned(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(writer.next_bytes())));
    Bytes sealed;
    require(writer.next_chunk(fresh_bytes(frame), sealed));
    PyList_SET_ITEM(frames.ptr(), i, frame.release().ptr());
  }
  return frames;
}

class FlatWriter {
 public:
  FlatWriter(const Header& header, Bytes payload, size_t chunk_bytes) : source_(payload) {
    require(chunker_.begin(header, payload.size(), chunk_bytes));
  }
  uint16_t chunk_count() const { return chunker_.chunk_count(); }
  size_t next_bytes() const { return chunker_.next_bytes(); }
  Status next_chunk(MutableBytes buffer, Bytes& frame) { return chunker_.next(source_, buffer, frame); }

 private:
  FlatPayload source_;
  Chunker chunker_;
};

nb::object flat_frames(const Header& header, Bytes payload, size_t chunk_bytes) {
  FlatWriter writer(header, payload, chunk_bytes);
  return frames_of(writer);
}

nb::object encode_activation(nb::handle model, uint32_t boot, uint32_t sequence, uint16_t cut, uint8_t codec,
                             uint8_t flags, uint32_t plan_epoch, nb::tuple tensors, uint32_t encode_us,
                             nb::tuple operators_us, nb::object last, size_t chunk_bytes, uint8_t setting) {
  const TensorArguments held(tensors, static_cast<CodecId>(codec));
  const std::vector<uint32_t> microseconds = arguments<uint32_t>(operators_us);
  ActivationFields fields = {};
  fields.model = model_argument(model);
  fields.boot = boot;
  fields.sequence = sequence;
  fields.cut = cut;
  fields.coding.codec = static_cast<CodecId>(codec);
  fields.coding.setting = setting;
  fields.flags = flags;
  fields.plan_epoch = plan_epoch;
  fields.tensors = held.views();
  fields.operators_us = Span<const uint32_t>(microseconds.data(), microseconds.size());
  if (!last.is_none()) {
    const nb::tuple numbers = argument<nb::tuple>(last);
    if (numbers.size() != 5) {
      throw nb::value_error("the last answered inference is five numbers");
    }
    fields.last = LastAnswered{argument<uint32_t>(numbers[0]), argument<uint32_t>(numbers[1]),
                               argument<uint32_t>(numbers[2]), argument<uint32_t>(numbers[3]),
                               argument<uint32_t>(numbers[4])};
  }
  ActivationWriter writer;
  require(writer.begin(fields, chunk_bytes));
  writer.set_encode_us(encode_us);
  return frames_of(writer);
}

// Room for the records of an answer, by its kind.
size_t records_bytes(AnswerKind answer, nb::tuple records, Span<const TensorView> tensors) {
  size_t bytes = 0;
  switch (answer) {
    case AnswerKind::kNone:
      break;
    case AnswerKind::kRaw:
      for (const TensorView& tensor : tensors) {
        bytes += kTensorRecordBytes + tensor.data.size();
      }
      break;
    case AnswerKind::kClasses:
      bytes = nb::len(records) * kClassRecordBytes;
      break;
    case AnswerKind::kCentroids:
      bytes = nb::len(records) * kCentroidRecordBytes;
      break;
    case AnswerKind::kModels:
      bytes = nb::len(records) * kModelIdBytes;
      break;
  }
  return bytes;
}

void write_record(AnswerKind answer, nb::handle item, ByteWriter& writer) {
  if (answer == AnswerKind::kModels) {
    require(write_model_record(model_argument(item), writer));
    return;
  }
  const nb::tuple fields = argument<nb::tuple>(item);
  if (answer == AnswerKind::kClasses && fields.size() == 2) {
    require(write_class_record(
        ClassRecord{argument<uint16_t>(fields[0]), static_cast<float>(argument<double>(fields[1]))}, writer));
  } else if (answer == AnswerKind::kCentroids && fields.size() == 6) {
    require(write_centroid_record(
        CentroidRecord{argument<uint16_t>(fields[0]), argument<uint16_t>(fields[2]), argument<uint16_t>(fields[3]),
                       argument<uint16_t>(fields[4]), argument<uint16_t>(fields[5]),
                       static_cast<float>(argument<double>(fields[1]))},
        writer));
  } else {
    throw nb::value_error("a class is (label, score), a centroid (label, score, x, y, width, height)");
  }
}

nb::object encode_result(nb::handle model, uint32_t boot, uint32_t sequence, uint16_t cut, uint8_t status,
                         uint32_t edge_us, uint8_t answer, nb::tuple records, size_t chunk_bytes, bool partial) {
  const AnswerKind kind = static_cast<AnswerKind>(answer);
  if (status > static_cast<uint8_t>(ResultStatus::kFailed) || kind > AnswerKind::kModels) {
    throw nb::value_error("the status or the kind of answer is unknown");
  }
  const TensorArguments held(kind == AnswerKind::kRaw ? records : nb::make_tuple());
  const size_t count = nb::len(records);
  if (count > UINT16_MAX) {
    throw nb::value_error("an answer has at most 65,535 records");
  }
  std::vector<uint8_t> payload(kResultHeadBytes + records_bytes(kind, records, held.views()));
  ByteWriter writer(MutableBytes(payload.data(), payload.size()));
  require(write_result_head(static_cast<ResultStatus>(status), kind, static_cast<uint16_t>(count), edge_us, writer));
  for (const TensorView& tensor : held.views()) {
    require(write_raw_tensor(tensor, writer));
  }
  if (kind != AnswerKind::kRaw) {
    for (nb::handle item : records) {
      write_record(kind, item, writer);
    }
  }
  if (partial && (kind == AnswerKind::kNone || kind == AnswerKind::kModels)) {
    throw nb::value_error("an answer of the chunks that came is an answer: raw tensors, classes or centroids");
  }
  const uint8_t flags = partial ? kFlagPartial : uint8_t{0};
  return flat_frames(header_argument(Kind::kResult, model, boot, sequence, cut, 0, flags), writer.written(),
                     chunk_bytes);
}

nb::object encode_plan(nb::handle model, uint32_t epoch, uint16_t cut, uint8_t codec, uint8_t flags,
                       uint32_t deadline_ms, nb::handle parameters, size_t chunk_bytes) {
  const BytesView parameter_bytes(parameters);
  uint8_t payload[kMaxPlanPayloadBytes];
  ByteWriter writer{MutableBytes(payload)};
  require(write_plan(Plan{epoch, deadline_ms, parameter_bytes.get()}, writer));
  return flat_frames(header_argument(Kind::kPlan, model, 0, 0, cut, codec, flags), writer.written(), chunk_bytes);
}

nb::object encode_telemetry(nb::handle model, uint32_t boot, nb::tuple gauges, nb::tuple counters,
                            size_t chunk_bytes) {
  Gauges present;
  for (nb::handle item : gauges) {
    const nb::tuple pair = pair_argument(item);
    const uint8_t id = argument<uint8_t>(pair[0]);
    if (id >= kGauges) {
      throw nb::value_error("the gauge is unknown");
    }
    const Gauge gauge = static_cast<Gauge>(id);
    if (gauge_is_signed(gauge)) {
      present.set_signed(gauge, argument<int32_t>(pair[1]));
    } else {
      present.set(gauge, argument<uint32_t>(pair[1]));
    }
  }
  std::vector<Counter> counted;
  for (nb::handle item : counters) {
    const nb::tuple pair = pair_argument(item);
    counted.push_back(Counter{argument<uint16_t>(pair[0]), argument<uint32_t>(pair[1])});
  }
  uint8_t payload[kMaxTelemetryPayloadBytes];
  ByteWriter writer{MutableBytes(payload)};
  require(write_telemetry(present, Span<const Counter>(counted.data(), counted.size()), writer));
  return flat_frames(header_argument(Kind::kTelemetry, model, boot, 0, 0), writer.written(), chunk_bytes);
}

nb::object encode_command(nb::handle model, uint32_t boot, uint32_t sequence, uint16_t command, nb::handle argument,
                          size_t chunk_bytes) {
  const BytesView argument_bytes(argument);
  uint8_t payload[kMaxCommandPayloadBytes];
  ByteWriter writer{MutableBytes(payload)};
  require(write_command(CommandView{command, argument_bytes.get()}, writer));
  return flat_frames(header_argument(Kind::kCommand, model, boot, sequence, 0), writer.written(), chunk_bytes);
}

}  // namespace

void bind_message_encoding(nb::module_& m) {
  m.def("encode_activation", &encode_activation, nb::arg("model"), nb::arg("boot"), nb::arg("sequence"), nb::arg("cut"),
        nb::arg("codec"), nb::arg("flags"), nb::arg("plan_epoch"), nb::arg("tensors"), nb::arg("encode_us"),
        nb::arg("operators_us"), nb::arg("last").none(), nb::arg("chunk_bytes"),
        nb::arg("setting") = 0);
  m.def("encode_result", &encode_result);
  m.def("encode_plan", &encode_plan);
  m.def("encode_telemetry", &encode_telemetry);
  m.def("encode_command", &encode_command);
}

}  // namespace cutpoint
