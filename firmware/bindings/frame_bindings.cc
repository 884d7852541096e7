// Frames for Python: messages to frames, frames to messages, headers of damaged frames.
#include <nanobind/nanobind.h>

#include <memory>
#include <stdexcept>

#include "frame/reassembler.h"
#include "incomplete_tuple.h"
#include "message_encoding.h"
#include "message_tuple.h"
#include "python_bytes.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

// A Reassembler with its buffer. The memory is reserved once and untouched until a message of several chunks comes.
class Receiver {
 public:
  explicit Receiver(size_t capacity)
      : capacity_(capacity), buffer_(new uint8_t[capacity]), chunks_(MutableBytes(buffer_.get(), capacity)) {}

  // A message tuple, None while chunks are missing, or the Status (int) why the frame is refused.
  nb::object push(nb::handle frame) {
    // Making a tuple may collect garbage, and so run Python code in the middle of a push.
    if (pushing_) {
      throw std::runtime_error("push() was called from within a push() of the same receiver");
    }
    const Pushing pushing(pushing_);
    const BytesView bytes(frame);
    if (bytes.get().size() > capacity_ + kHeaderBytes) {
      ++too_long_;
      return nb::int_(static_cast<int>(Status::kOversized));
    }
    Message message = {};
    const Status status = chunks_.push(bytes.get(), message);
    if (status == Status::kPending) {
      return nb::none();
    }
    if (status != Status::kOk) {
      return nb::int_(static_cast<int>(status));
    }
    nb::object result = message_tuple(message, capacity_);
    if (PyLong_CheckExact(result.ptr())) {
      const bool too_long = PyLong_AsLong(result.ptr()) == static_cast<long>(Status::kOversized);
      ++(too_long ? too_long_ : unreadable_);
      ++refused_here_;
    }
    return result;
  }

  // What has come of an unfinished activation, None where nothing of it can be read.
  nb::object incomplete() {
    // The tuple is made from the buffer that a push from within would write to.
    if (pushing_) {
      throw std::runtime_error("incomplete() was called from within a push() of the same receiver");
    }
    const Pushing pushing(pushing_);
    IncompleteMessage message = {};
    return chunks_.incomplete(message) ? incomplete_tuple(message, capacity_) : nb::none();
  }

  void reset() { chunks_.reset(); }
  bool collecting() const { return chunks_.collecting(); }

  nb::dict counters() const {
    const ReassemblyCounters& counted = chunks_.counters();
    nb::dict by_name;
    by_name["messages"] = counted.messages - refused_here_;
    by_name["duplicate"] = counted.duplicate;
    by_name["stale"] = counted.stale;
    by_name["displaced"] = counted.displaced;
    by_name["oversized"] = counted.oversized + too_long_;
    by_name["refused"] = counted.refused + unreadable_;
    return by_name;
  }

 private:
  // Sets the flag for as long as it lives.
  class Pushing {
   public:
    explicit Pushing(bool& flag) : flag_(flag) { flag_ = true; }
    ~Pushing() { flag_ = false; }

   private:
    bool& flag_;
  };

  bool pushing_ = false;
  size_t capacity_;
  std::unique_ptr<uint8_t[]> buffer_;
  Reassembler chunks_;
  // On top of what the core counts, which sees no payload.
  uint32_t too_long_ = 0;
  uint32_t unreadable_ = 0;
  uint32_t refused_here_ = 0;  // complete messages among those two
};

// (kind, model, boot, sequence, cut, codec, flags, chunk index, chunk count, payload bytes), or the Status (int).
nb::object read_header(nb::handle frame) {
  const BytesView bytes(frame);
  Header header = {};
  const Status status = peek_header(bytes.get(), header);
  if (status != Status::kOk) {
    return nb::int_(static_cast<int>(status));
  }
  return nb::make_tuple(static_cast<uint8_t>(header.kind), to_python(Bytes(header.model.bytes)), header.boot,
                        header.sequence, header.cut, static_cast<uint8_t>(header.codec), header.flags,
                        header.chunk_index, header.chunk_count, header.payload_bytes);
}

}  // namespace
}  // namespace cutpoint

void bind_frame(nb::module_& m) {
  using cutpoint::Receiver;
  nb::class_<Receiver>(m, "Receiver")
      .def(nb::init<size_t>(), nb::arg("capacity"))
      .def("push", &Receiver::push)
      .def("incomplete", &Receiver::incomplete)
      .def("reset", &Receiver::reset)
      .def_prop_ro("collecting", &Receiver::collecting)
      .def_prop_ro("counters", &Receiver::counters);
  m.def("read_header", &cutpoint::read_header);
  cutpoint::bind_message_encoding(m);
}
