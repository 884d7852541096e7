// What a board's serial line and measures are made of, for Python: packets, currents.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <string>

#include "measure/energy.h"
#include "python_bytes.h"
#include "serial/improv.h"
#include "serial/picture_packet.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

Bytes bytes_of(const nb::bytes& data) { return Bytes(reinterpret_cast<const uint8_t*>(data.c_str()), data.size()); }

nb::object improv_packet(uint8_t kind, nb::bytes data) {
  uint8_t packet[device::kMaxImprovBytes];
  size_t size = 0;
  if (device::write_improv(kind, bytes_of(data), MutableBytes(packet), size) != Status::kOk) {
    throw nb::value_error("an Improv packet holds at most 255 bytes");
  }
  return to_python(Bytes(packet, size));
}

nb::object read_improv(nb::bytes packet) {
  device::ImprovPacket read;
  if (device::read_improv(bytes_of(packet), read) != Status::kOk) {
    return nb::none();
  }
  return nb::make_tuple(read.type, to_python(read.data));
}

nb::object picture_packet_head(nb::bytes data) {
  uint8_t head[device::kPictureHeadBytes];
  device::write_picture_head(bytes_of(data), head);
  return to_python(Bytes(head));
}

nb::object chip_currents(const std::string& chip) {
  device::Currents currents;
  if (!device::chip_currents(device::Text(chip.data(), chip.size()), currents)) {
    return nb::none();
  }
  return nb::make_tuple(currents.cpu_ma, currents.rx_ma, currents.tx_ma, currents.volts);
}

double energy_uj(const std::string& chip, double compute_us, double transmit_us, double total_us) {
  device::Currents currents;
  if (!device::chip_currents(device::Text(chip.data(), chip.size()), currents)) {
    throw nb::key_error(chip.c_str());
  }
  return device::energy_uj(currents, compute_us, transmit_us, total_us);
}

}  // namespace
}  // namespace cutpoint

void bind_board(nb::module_& m) {
  using namespace nb::literals;
  m.def("improv_packet", &cutpoint::improv_packet, "kind"_a, "data"_a, "An Improv packet, without the line end after it.");
  m.def("read_improv", &cutpoint::read_improv, "packet"_a, "(kind, data) of exactly one Improv packet, else None.");
  m.def("picture_packet_head", &cutpoint::picture_packet_head, "data"_a, "What stands before a picture on a serial line.");
  m.def("chip_currents", &cutpoint::chip_currents, "chip"_a,
        "(cpu_ma, rx_ma, tx_ma, volts) that a board models its energy with; None for a chip without figures.");
  m.def("modelled_energy_uj", &cutpoint::energy_uj, "chip"_a, "compute_us"_a, "transmit_us"_a, "total_us"_a,
        "Microjoules of one inference as a board models them; KeyError for a chip without figures.");
}
