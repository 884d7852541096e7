// Which of two model slots is in use, for Python: a virtual device swaps models by the rules of a board.
#include <nanobind/nanobind.h>

#include "python_bytes.h"
#include "slot/choice.h"
#include "slot/header.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

using device::kNoSlot;
using device::kSlots;

// What lies in both slots, from ((valid, crc), (valid, crc)).
struct Contents {
  explicit Contents(nb::tuple slots) {
    if (slots.size() != kSlots) {
      throw nb::value_error("there are two slots: ((valid, crc), (valid, crc))");
    }
    for (size_t i = 0; i < kSlots; ++i) {
      const nb::tuple pair = pair_argument(slots[i]);
      slot[i] = {nb::cast<bool>(pair[0]), argument<uint32_t>(pair[1])};
    }
  }
  device::SlotContent slot[kSlots];
};

nb::object slot_or_none(uint8_t slot) { return slot == kNoSlot ? nb::none() : nb::object(nb::int_(slot)); }

const char* reason_name(device::BootReason reason) {
  switch (reason) {
    case device::BootReason::kSettled:
      return "settled";
    case device::BootReason::kTrial:
      return "trial";
    case device::BootReason::kReturned:
      return "returned";
    case device::BootReason::kFallback:
      return "fallback";
    case device::BootReason::kNothing:
      return "nothing";
  }
  return "nothing";
}

class PythonChoice {
 public:
  explicit PythonChoice(nb::handle stored) {
    if (!stored.is_none()) {
      const BytesView view(stored);
      device::read_choice(view.get(), choice_);  // bytes of anything else are the default
    }
  }

  nb::object stored() const {
    uint8_t bytes[device::kSlotChoiceBytes] = {};
    device::write_choice(choice_, bytes);
    return to_python(Bytes(bytes));
  }
  nb::tuple boot(nb::tuple slots) {
    const device::BootDecision decision = device::choose_slot(choice_, Contents(slots).slot);
    return nb::make_tuple(slot_or_none(decision.slot), reason_name(decision.reason));
  }
  nb::object spare() const { return slot_or_none(device::spare_slot(choice_)); }
  void begin_trial() {
    if (device::begin_trial(choice_) != Status::kOk) {
      throw nb::value_error("an image is on trial already");
    }
  }
  void prove(nb::tuple slots) { device::prove_trial(choice_, Contents(slots).slot); }
  nb::object fail(nb::tuple slots) { return slot_or_none(device::fail_slot(choice_, Contents(slots).slot)); }
  uint8_t slot() const { return choice_.slot; }
  bool trial() const { return choice_.trial; }

 private:
  device::SlotChoice choice_;
};

// Tells one image from another; ValueError for bytes that are no slot header.
uint32_t crc_of(nb::handle sector) {
  const BytesView view(sector);
  device::SlotHeader header;
  if (device::read_slot_header(view.get(), header) != device::SlotFault::kNone) {
    throw nb::value_error("these bytes are no header of a slot image");
  }
  return device::slot_crc(view.get());
}

}  // namespace
}  // namespace cutpoint

void bind_slot_choice(nb::module_& m) {
  using cutpoint::PythonChoice;
  m.def("slot_crc", &cutpoint::crc_of, nb::arg("sector"));
  nb::class_<PythonChoice>(m, "SlotChoice")
      .def(nb::init<nb::handle>(), nb::arg("stored").none() = nb::none())
      .def("stored", &PythonChoice::stored)
      .def("boot", &PythonChoice::boot, nb::arg("slots"))
      .def("begin_trial", &PythonChoice::begin_trial)
      .def("prove", &PythonChoice::prove, nb::arg("slots"))
      .def("fail", &PythonChoice::fail, nb::arg("slots"))
      .def_prop_ro("spare", &PythonChoice::spare)
      .def_prop_ro("slot", &PythonChoice::slot)
      .def_prop_ro("trial", &PythonChoice::trial);
}
