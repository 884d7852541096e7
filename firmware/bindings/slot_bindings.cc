// Slot images for Python: the header, byte by byte as a board reads it.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <string>
#include <vector>

#include "python_bytes.h"
#include "slot/header.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

void copy_exactly(nb::handle from, uint8_t* to, size_t count, const char* complaint) {
  const BytesView view(from);
  if (view.get().size() != count) {
    throw nb::value_error(complaint);
  }
  copy_bytes(to, view.get().data(), count);
}

// A table of u32 as it lies in the header.
std::vector<uint8_t> table_of(nb::tuple figures) {
  std::vector<uint8_t> table;
  for (const uint32_t bytes : arguments<uint32_t>(figures)) {
    table.resize(table.size() + 4);
    store_u32(table.data() + table.size() - 4, bytes);
  }
  return table;
}

nb::object write_header(nb::handle model, nb::handle sha256, uint32_t model_bytes, uint16_t operators,
                        uint16_t on_board, const std::string& name, nb::tuple arena, uint32_t stamp,
                        uint32_t plan_bytes, nb::tuple block, uint32_t tables_bytes) {
  device::SlotHeader header;
  copy_exactly(model, header.model.bytes, kModelIdBytes, "a model id has 4 bytes");
  copy_exactly(sha256, header.sha256, device::kSha256Bytes, "a SHA-256 has 32 bytes");
  header.model_bytes = model_bytes;
  header.plan_bytes = plan_bytes;
  header.tables_bytes = tables_bytes;
  header.operators = operators;
  header.on_board = on_board;
  header.stamp = stamp;
  if (name.size() > device::kMaxSlotName || nb::len(arena) + nb::len(block) > device::kMaxArenaEntries) {
    throw nb::value_error("a slot has a name of at most 64 characters and at most 960 figures of memory");
  }
  copy_bytes(reinterpret_cast<uint8_t*>(header.name), reinterpret_cast<const uint8_t*>(name.data()), name.size());
  const std::vector<uint8_t> arenas = table_of(arena), blocks = table_of(block);
  header.arena = Bytes(arenas.data(), arenas.size());
  header.arena_entries = static_cast<uint16_t>(arenas.size() / 4);
  header.block = Bytes(blocks.data(), blocks.size());
  header.block_entries = static_cast<uint16_t>(blocks.size() / 4);
  nb::object sector = owned(PyBytes_FromStringAndSize(nullptr, device::kSlotHeaderBytes));
  if (device::write_slot_header(header, fresh_bytes(sector)) != device::SlotFault::kNone) {
    throw nb::value_error("the slot's name, sizes or counts are outside what a board accepts");
  }
  return sector;
}

// (model id, SHA-256, model bytes, N, K, name, arena table, stamp, plan bytes, where the plan begins, block table, bytes of
// the codec tables, where they begin), or the SlotFault (int).
nb::object read_header(nb::handle image) {
  const BytesView view(image);
  device::SlotHeader header;
  const device::SlotFault fault = device::read_slot_header(view.get(), header);
  if (fault != device::SlotFault::kNone) {
    return nb::int_(static_cast<int>(fault));
  }
  nb::list arena, block;
  for (uint16_t k = 1; k <= header.arena_entries; ++k) {
    arena.append(header.arena_bytes(k));
  }
  for (uint16_t k = 1; k <= header.block_entries; ++k) {
    block.append(header.block_bytes(k));
  }
  return nb::make_tuple(to_python(Bytes(header.model.bytes)), to_python(Bytes(header.sha256)), header.model_bytes,
                        header.operators, header.on_board, header.name, nb::tuple(arena), header.stamp,
                        header.plan_bytes, header.plan_at(), nb::tuple(block), header.tables_bytes,
                        header.tables_at());
}

const char* fault_text(uint8_t fault) {
  if (fault > static_cast<uint8_t>(device::SlotFault::kTables)) {
    throw nb::value_error("no such fault of a slot");
  }
  return device::slot_fault_text(static_cast<device::SlotFault>(fault));
}

}  // namespace
}  // namespace cutpoint

void bind_slot(nb::module_& m) {
  m.attr("SLOT_HEADER_BYTES") = cutpoint::device::kSlotHeaderBytes;
  m.attr("SLOT_ARENA_ENTRIES") = cutpoint::device::kMaxArenaEntries;
  m.attr("SLOT_FAULT_TRUNCATED") = static_cast<int>(cutpoint::device::SlotFault::kTruncated);
  m.attr("SLOT_FAULT_MODEL") = static_cast<int>(cutpoint::device::SlotFault::kModel);
  m.attr("SLOT_FAULT_PLAN") = static_cast<int>(cutpoint::device::SlotFault::kPlan);
  m.attr("SLOT_FAULT_TABLES") = static_cast<int>(cutpoint::device::SlotFault::kTables);
  m.attr("SLOT_ALIGNMENT") = cutpoint::device::kSlotAlignment;
  m.def("write_slot_header", &cutpoint::write_header, nb::arg("model"), nb::arg("sha256"), nb::arg("model_bytes"),
        nb::arg("operators"), nb::arg("on_board"), nb::arg("name"), nb::arg("arena"), nb::arg("stamp"),
        nb::arg("plan_bytes") = 0, nb::arg("block") = nb::tuple(), nb::arg("tables_bytes") = 0);
  m.def("read_slot_header", &cutpoint::read_header);
  m.def("slot_fault_text", &cutpoint::fault_text);
}
