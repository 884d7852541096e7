// Codec tables for Python: a file opened, tensors coded and undone with it. cutpoint.codec.CodecTables gives it names.
#include <nanobind/nanobind.h>

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "bytes.h"
#include "codec/calibrated.h"
#include "codec/codec.h"
#include "codec/delta/delta.h"
#include "codec/partial/partial.h"
#include "codec/rans/rans.h"
#include "codec/tables/codec_tables.h"
#include "python_bytes.h"
#include "rans_decoder.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

// Owns a copy of the file at a multiple of 4.
class PythonTables {
 public:
  PythonTables(Bytes file, const ModelId& model, Status& status) : words_((file.size() + 3) / 4) {
    uint8_t* const copy = reinterpret_cast<uint8_t*>(words_.data());
    for (size_t i = 0; i < file.size(); ++i) {
      copy[i] = file[i];
    }
    status = CodecTables::open(Bytes(copy, file.size()), model, tables_);
  }
  PythonTables(const PythonTables&) = delete;
  PythonTables& operator=(const PythonTables&) = delete;

  const CodecTables& tables() const { return tables_; }

  // What a setting codes at a place; ValueError where there is nothing.
  TensorTables tensor(uint8_t number, size_t place) const {
    TensorTables found;
    if (!tables_.tensor(number, place, found)) {
      throw nb::value_error("these tables have no such setting, or it has no tensor at that place");
    }
    return found;
  }

  // The decoder of one of a tensor's models, made when it is first asked for. Called with the interpreter's lock held.
  const RansDecoder& decoder(uint8_t number, size_t place, size_t model) const {
    std::unique_ptr<RansDecoder>& made = decoders_[{number, place, model}];
    if (made == nullptr) {
      const TensorTables tables = tensor(number, place);
      made.reset(new RansDecoder(tables.grid, tables.models[model]));
    }
    return *made;
  }

 private:
  std::vector<uint32_t> words_;
  CodecTables tables_;
  mutable std::map<std::tuple<uint8_t, size_t, size_t>, std::unique_ptr<RansDecoder>> decoders_;
};

// What stands before the streams of a tensor of rans, or of a key frame of delta.
size_t head_bytes(CodecId codec) { return kTablesMarkBytes + (codec == CodecId::kDelta ? 1 : 0); }

bool has_streams(CodecId codec) { return codec == CodecId::kRans || codec == CodecId::kDelta; }

// A tensor of rans or a key frame of delta as a job, without the room for its levels. Its status says what is wrong
// with its head; kOk otherwise.
RansJob job_of(const TensorTables& tables, Bytes coded) {
  RansJob job;
  if (coded.size() < head_bytes(tables.codec)) {
    job.status = Status::kCoded;
  } else if (load_u16(coded.data()) != tables.mark) {
    job.status = Status::kTables;
  } else if (tables.codec == CodecId::kDelta && delta_age(coded) != 0) {
    job.status = Status::kReference;
  } else {
    job.coded = coded.from(head_bytes(tables.codec));
  }
  return job;
}

// To be written: never a copy of anything, since Python shares the bytes objects of one byte.
nb::object new_bytes(size_t count) {
  return owned(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(count)));
}

// The tables, or the Status (int) why there are none.
nb::object open_tables(nb::handle file, nb::handle model) {
  const BytesView bytes(file);
  const BytesView id(model);
  if (id.get().size() != kModelIdBytes) {
    throw nb::value_error("a model id has 4 bytes");
  }
  ModelId wanted = {};
  for (size_t i = 0; i < kModelIdBytes; ++i) {
    wanted.bytes[i] = id.get()[i];
  }
  Status status = Status::kOk;
  std::unique_ptr<PythonTables> opened(new PythonTables(bytes.get(), wanted, status));
  if (status != Status::kOk) {
    return nb::int_(static_cast<int>(status));
  }
  return nb::cast(opened.release(), nb::rv_policy::take_ownership);
}

nb::object setting(const PythonTables& self, uint8_t number) {
  SettingView view = {};
  if (!self.tables().setting(number, view)) {
    throw nb::value_error("these tables have no such setting");
  }
  return nb::make_tuple(view.cut, static_cast<uint8_t>(view.codec), view.tensors);
}

nb::object tensor(const PythonTables& self, uint8_t number, size_t place) {
  const TensorTables tables = self.tensor(number, place);
  return nb::make_tuple(nb::make_tuple(tables.grid.height, tables.grid.width, tables.grid.channels),
                        static_cast<uint8_t>(tables.dtype), tables.grid.levels, tables.grid.zero);
}

nb::object encode(const PythonTables& self, uint8_t number, size_t place, nb::handle data) {
  const BytesView bytes(data);
  const TensorTables tables = self.tensor(number, place);
  if (bytes.get().size() != tables.elements()) {
    throw nb::value_error("the tensor has another size than the setting is for");
  }
  uint8_t scratch[kCodingScratchBytes];
  Coding coding;
  coding.codec = tables.codec;
  coding.setting = number;
  coding.tables = &self.tables();
  const TensorView view = {0, tables.dtype, bytes.get(), 0};
  MutableBytes scratch_left(scratch);
  CodedSize size = {};
  require(measure_tensor(coding, place, view, scratch_left, size));
  nb::object coded = owned(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size.bytes)));
  TensorEncoder encoder;
  encoder.begin(size, view, coding, place);
  encoder.pull(fresh_bytes(coded));
  return nb::make_tuple(static_cast<uint8_t>(size.codec), coded);
}

nb::object decode(const PythonTables& self, uint8_t number, size_t place, nb::handle coded) {
  const BytesView bytes(coded);
  const TensorTables tables = self.tensor(number, place);
  nb::object raw = new_bytes(tables.elements());
  Status status = Status::kOk;
  if (has_streams(tables.codec)) {
    RansJob job = job_of(tables, bytes.get());
    if (job.status == Status::kOk) {
      job.levels = fresh_bytes(raw);
      self.decoder(number, place, 0).decode(&job, 1);
      levels_to_values(tables, job.levels);
    }
    status = job.status;
  } else {
    status = decode_tensor(self.tables(), number, place, bytes.get(), fresh_bytes(raw));
  }
  if (status != Status::kOk) {
    return nb::int_(static_cast<int>(status));
  }
  return raw;
}

// All into one bytes object, one tensor after another; or (which, Status) of the first that is refused.
nb::object decode_batch(const PythonTables& self, uint8_t number, size_t place, nb::list coded) {
  const TensorTables tables = self.tensor(number, place);
  const size_t one = tables.elements();
  const size_t count = nb::len(coded);
  if (count > (size_t{1} << 31) / one) {
    throw nb::value_error("a batch unfolds to at most 2 GiB");
  }
  nb::object raw = new_bytes(count * one);
  const MutableBytes all = fresh_bytes(raw);
  std::vector<std::unique_ptr<BytesView>> views;
  for (size_t i = 0; i < count; ++i) {
    views.push_back(std::make_unique<BytesView>(coded[i]));
  }
  std::vector<RansJob> jobs(count);
  if (has_streams(tables.codec)) {
    for (size_t i = 0; i < count; ++i) {
      jobs[i] = job_of(tables, views[i]->get());
      if (jobs[i].status != Status::kOk) {
        return nb::make_tuple(i, static_cast<int>(jobs[i].status));
      }
      jobs[i].levels = all.slice(i * one, one);
    }
    const RansDecoder& decoder = self.decoder(number, place, 0);
    const nb::gil_scoped_release others_may_run;
    decoder.decode_batch(jobs.data(), count);
    levels_to_values(tables, all);
  } else {
    const nb::gil_scoped_release others_may_run;
    for (size_t i = 0; i < count; ++i) {
      jobs[i].status = decode_tensor(self.tables(), number, place, views[i]->get(), all.slice(i * one, one));
    }
  }
  for (size_t i = 0; i < count; ++i) {
    if (jobs[i].status != Status::kOk) {
      return nb::make_tuple(i, static_cast<int>(jobs[i].status));
    }
  }
  return raw;
}

// (elements, how many of them were there), or the Status (int). `came`: a list of (first, end), ascending and apart.
nb::object decode_what_came(const PythonTables& self, uint8_t number, size_t place, nb::handle coded, nb::list came) {
  const BytesView bytes(coded);
  const TensorTables tables = self.tensor(number, place);
  std::vector<ByteRange> ranges;
  for (nb::handle item : came) {
    const nb::tuple range = argument<nb::tuple>(item);
    if (range.size() != 2) {
      throw nb::value_error("a range of bytes that came is (first, end)");
    }
    ranges.push_back({argument<size_t>(range[0]), argument<size_t>(range[1])});
  }
  nb::object raw = owned(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(tables.elements())));
  size_t there = 0;
  const Status status = decode_partial(tables, bytes.get(), Span<const ByteRange>(ranges.data(), ranges.size()),
                                       fresh_bytes(raw), there);
  if (status == Status::kArgument) {
    throw nb::value_error("the ranges that came are not ascending, apart from each other, and inside of the bytes");
  }
  if (status != Status::kOk) {
    return nb::int_(static_cast<int>(status));
  }
  return nb::make_tuple(raw, there);
}

// Of codec delta.
TensorTables changing_tensor(const PythonTables& self, uint8_t number, size_t place) {
  const TensorTables tables = self.tensor(number, place);
  if (tables.codec != CodecId::kDelta) {
    throw nb::value_error("only codec delta has changes");
  }
  return tables;
}

// Levels as a device keeps them, and back.
std::vector<uint8_t> turned(Bytes levels) {
  std::vector<uint8_t> kept;
  for (const uint8_t level : levels) {
    kept.push_back(level ^ kKeptLevelBit);
  }
  return kept;
}

// (codec, coded bytes, levels of this frame). reference: levels, or None for a key frame.
nb::object encode_change(const PythonTables& self, uint8_t number, size_t place, nb::handle data, nb::handle reference,
                         uint8_t age) {
  const BytesView bytes(data);
  const TensorTables tables = changing_tensor(self, number, place);
  std::vector<uint8_t> before;
  if (!reference.is_none()) {
    const BytesView levels(reference);
    if (check_reference(tables, levels.get()) != Status::kOk) {
      throw nb::value_error("a reference has a level of these tables for each element");
    }
    before = turned(levels.get());
  }
  if (bytes.get().size() != tables.elements()) {
    throw nb::value_error("the tensor has another size than the setting is for");
  }
  if (before.empty() != (age == 0)) {
    throw nb::value_error("a reference has an age of 1 to 255, a key frame has none");
  }
  std::vector<uint8_t> now(tables.elements());
  uint8_t scratch[kCodingScratchBytes];
  const size_t room = now.size() - 1 < sizeof scratch ? now.size() - 1 : sizeof scratch;
  DeltaSlot slot;
  slot.reference = Bytes(before.data(), before.size());
  slot.candidate = MutableBytes(now.data(), now.size());
  slot.age = age;
  const size_t coded = encode_calibrated(tables, slot, bytes.get(), MutableBytes(scratch, room));
  now = turned(Bytes(now.data(), now.size()));
  const CodecId codec = coded != 0 ? CodecId::kDelta : CodecId::kRaw;
  const Bytes made = coded != 0 ? Bytes(scratch + room - coded, coded) : bytes.get();
  return nb::make_tuple(static_cast<uint8_t>(codec), to_python(made), to_python(Bytes(now.data(), now.size())));
}

// (elements, levels), or the Status (int) why there are none.
nb::object decode_change(const PythonTables& self, uint8_t number, size_t place, nb::handle coded, nb::handle reference) {
  const BytesView bytes(coded);
  const TensorTables tables = changing_tensor(self, number, place);
  const size_t count = tables.elements();
  RansJob job = job_of(tables, bytes.get());
  const bool change = job.status == Status::kReference;
  std::vector<uint8_t> before;
  if (change && !reference.is_none()) {
    const BytesView levels(reference);
    before.assign(levels.get().begin(), levels.get().end());
    job.status = check_reference(tables, levels.get());
    job.coded = bytes.get().from(head_bytes(tables.codec));
    job.reference = Bytes(before.data(), before.size());
  }
  nb::object levels = new_bytes(count);
  if (job.status == Status::kOk) {
    job.levels = fresh_bytes(levels);
    self.decoder(number, place, change ? 1 : 0).decode(&job, 1);
  }
  if (job.status != Status::kOk) {
    return nb::int_(static_cast<int>(job.status));
  }
  nb::object elements = new_bytes(count);
  copy_bytes(fresh_bytes(elements).data(), job.levels.data(), count);
  levels_to_values(tables, fresh_bytes(elements));
  return nb::make_tuple(elements, levels);
}

// What a frame that went raw leaves behind as a reference.
nb::object levels_of(const PythonTables& self, uint8_t number, size_t place, nb::handle data) {
  const BytesView bytes(data);
  const TensorTables tables = self.tensor(number, place);
  if (tables.to_level == nullptr || bytes.get().size() != tables.elements()) {
    throw nb::value_error("the tensor has another size than the setting is for, or its codec has no levels");
  }
  nb::object levels = new_bytes(tables.elements());
  uint8_t* to = fresh_bytes(levels).data();
  for (const uint8_t element : bytes.get()) {
    *to = tables.to_level[element];
    ++to;
  }
  return levels;
}

}  // namespace
}  // namespace cutpoint

void bind_codec_tables(nb::module_& m) {
  using cutpoint::PythonTables;
  nb::class_<PythonTables>(m, "CodecTables")
      .def_prop_ro("version", [](const PythonTables& self) { return self.tables().version(); })
      .def_prop_ro("count", [](const PythonTables& self) { return self.tables().count(); })
      .def("setting", &cutpoint::setting)
      .def("tensor", &cutpoint::tensor)
      .def("encode", &cutpoint::encode)
      .def("decode", &cutpoint::decode)
      .def("decode_batch", &cutpoint::decode_batch)
      .def("decode_partial", &cutpoint::decode_what_came)
      .def("levels", &cutpoint::levels_of)
      .def("encode_change", &cutpoint::encode_change, nb::arg("number"), nb::arg("place"), nb::arg("data"),
           nb::arg("reference").none(), nb::arg("age"))
      .def("decode_change", &cutpoint::decode_change, nb::arg("number"), nb::arg("place"), nb::arg("coded"),
           nb::arg("reference").none());
  m.def("open_codec_tables", &cutpoint::open_tables);
}
