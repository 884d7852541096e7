// The update receiver for Python: a virtual device takes updates with the very machine of a board.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "python_ports.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

struct Note {
  std::string state;
  bool say;
  uint32_t offset;
  uint32_t size;
  std::string text;
};

device::UpdatePolicy policy_argument(const std::string& policy) {
  if (policy == "off" || policy == "model" || policy == "all") {
    return policy == "off"     ? device::UpdatePolicy::kOff
           : policy == "model" ? device::UpdatePolicy::kModel
                               : device::UpdatePolicy::kAll;
  }
  throw nb::value_error("the policy is off, model or all");
}

class PythonReceiver {
 public:
  PythonReceiver(nb::object area, nb::object hash, const std::string& kind, uint16_t chip, nb::object progress,
                 const std::string& policy)
      : area_(std::move(area), kept_), hash_(std::move(hash), kept_), app_(chip) {
    if (kind != "model" && kind != "firmware") {
      throw nb::value_error("the kind of an update is model or firmware");
    }
    if (!progress.is_none()) {
      progress_.emplace(std::move(progress), kept_);
    }
    const bool model = kind == "model";
    device::ImageRule& rule = model ? static_cast<device::ImageRule&>(slot_) : app_;
    receiver_ = std::make_unique<device::UpdateReceiver>(
        area_, hash_, rule, progress_ ? &*progress_ : nullptr,
        model ? device::UpdateKind::kModel : device::UpdateKind::kFirmware);
    set_policy(policy);
  }

  Note begin(uint32_t size, nb::handle sha256) {
    const BytesView view(sha256);
    return call([&] { return receiver_->begin(size, view.get()); });
  }
  Note data(uint32_t offset, nb::handle bytes) {
    const BytesView view(bytes);
    return call([&] { return receiver_->data(offset, view.get()); });
  }
  Note end() {
    return call([&] { return receiver_->end(); });
  }
  Note abort() {
    return call([&] { return receiver_->abort(); });
  }
  void set_policy(const std::string& policy) { receiver_->set_policy(policy_argument(policy)); }
  void block(std::optional<std::string> reason) {
    reason_ = reason ? std::make_unique<std::string>(*reason) : nullptr;
    receiver_->block(reason_ ? reason_->c_str() : nullptr);
  }
  bool active() const { return receiver_->active(); }
  uint32_t offset() const { return receiver_->offset(); }
  uint32_t size() const { return receiver_->size(); }

 private:
  template <typename Work>
  Note call(Work work) {
    if (busy_) {
      throw std::runtime_error("a port of an update receiver may not call the receiver");
    }
    busy_ = true;
    const device::UpdateNote note = work();
    busy_ = false;
    kept_.rethrow();
    return {device::update_state_name(note.state), note.say, note.offset, note.size, note.text};
  }

  Kept kept_;
  bool busy_ = false;
  PythonFlash area_;
  PythonHash hash_;
  std::optional<PythonProgress> progress_;
  device::SlotImageRule slot_;
  device::AppImageRule app_;
  std::unique_ptr<std::string> reason_;
  std::unique_ptr<device::UpdateReceiver> receiver_;
};

}  // namespace
}  // namespace cutpoint

void bind_update(nb::module_& m) {
  using cutpoint::Note;
  using cutpoint::PythonReceiver;
  nb::class_<Note>(m, "UpdateNote")
      .def_ro("state", &Note::state)
      .def_ro("say", &Note::say)
      .def_ro("offset", &Note::offset)
      .def_ro("size", &Note::size)
      .def_ro("text", &Note::text);
  nb::class_<PythonReceiver>(m, "UpdateReceiver")
      .def(nb::init<nb::object, nb::object, const std::string&, uint16_t, nb::object, const std::string&>(),
           nb::arg("area"), nb::arg("hash"), nb::kw_only(), nb::arg("kind") = "model", nb::arg("chip") = 0,
           nb::arg("progress") = nb::none(), nb::arg("policy") = "model")
      .def("begin", &PythonReceiver::begin, nb::arg("size"), nb::arg("sha256"))
      .def("data", &PythonReceiver::data, nb::arg("offset"), nb::arg("data"))
      .def("end", &PythonReceiver::end)
      .def("abort", &PythonReceiver::abort)
      .def("set_policy", &PythonReceiver::set_policy, nb::arg("policy"))
      .def("block", &PythonReceiver::block, nb::arg("reason").none())
      .def_prop_ro("active", &PythonReceiver::active)
      .def_prop_ro("offset", &PythonReceiver::offset)
      .def_prop_ro("size", &PythonReceiver::size);
}
