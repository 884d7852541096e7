// libFuzzer target: hostile steps of updates, through their reader and the receiver, into flash of a few sectors. What
// is said to be whole has the hash that was stated, and no call ever leaves the area.
//
// The input is a control byte and a row of steps, each after a u16 size; data may instead be taken from a good image.
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "bytes.h"
#include "frame/update.h"
#include "simulated_flash.h"
#include "update/receiver.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

constexpr uint32_t kAreaBytes = 3 * kFlashSectorBytes;

void must(bool held) {
  if (!held) {
    std::abort();
  }
}

const std::vector<uint8_t>& image() {
  static const std::vector<uint8_t> one = make_slot_image(700, 5);
  return one;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) {
    return 0;
  }
  const uint8_t control = data[0];
  Power power;
  std::mt19937 random(control);
  SimulatedFlash flash(kAreaBytes, power, random);
  flash.faults = (control & 2) != 0 ? 20 : 0;
  SimulatedCell cell(power, random);
  SimulatedProgress progress(cell);
  ReferenceSha256 hash;
  SlotImageRule slot_rule;
  AppImageRule app_rule(0);
  const bool app = (control & 1) != 0;
  UpdateReceiver receiver(flash, hash, app ? static_cast<ImageRule&>(app_rule) : slot_rule, &progress,
                          app ? UpdateKind::kFirmware : UpdateKind::kModel);
  receiver.set_policy(UpdatePolicy::kAll);
  std::vector<uint8_t> stated(device::kSha256Bytes);
  Bytes left(data + 1, size - 1);
  while (left.size() >= 2) {
    const size_t wanted = load_u16(left.data()) % 1100u;
    const size_t count = wanted < left.size() - 2 ? wanted : left.size() - 2;
    const Bytes step = left.slice(2, count);
    left = left.from(2 + count);
    UpdateView view = {};
    UpdateNote note = {};
    if (count == 1 && !app) {
      // The next piece of a good image; the first begins it.
      const auto digest = sha256(Bytes(image().data(), image().size()));
      const uint32_t at = receiver.offset();
      const size_t rest = image().size() - at % image().size();
      const size_t piece = rest < 1016 ? rest : 1016;
      note = !receiver.active() || receiver.size() != image().size()
                 ? receiver.begin(static_cast<uint32_t>(image().size()), Bytes(digest.data(), digest.size()))
             : at == image().size() ? receiver.end()
                                    : receiver.data(at, Bytes(&image()[at], piece));
      stated = note.state == UpdateState::kReady ? std::vector<uint8_t>(digest.begin(), digest.end()) : stated;
    } else if (read_update(step, view) != Status::kOk) {
      continue;
    } else if (view.op == UpdateOp::kBegin) {
      note = receiver.begin(view.size, view.sha256);
      if (note.state == UpdateState::kReady) {
        stated.assign(view.sha256.begin(), view.sha256.end());
      }
    } else if (view.op == UpdateOp::kData) {
      note = receiver.data(view.offset, view.data);
    } else {
      note = view.op == UpdateOp::kEnd ? receiver.end() : receiver.abort();
    }
    must(!flash.misuse && note.text != nullptr && note.offset <= kAreaBytes && note.size <= kAreaBytes);
    must(receiver.offset() <= receiver.size());
    const bool refused = note.state == UpdateState::kRefused || note.state == UpdateState::kFailed;
    must(!refused || std::string(note.text).size() > 10);  // no refusal without its sentence
    if (note.state == UpdateState::kTrying) {
      const auto digest = sha256(Bytes(flash.bytes.data(), note.size));
      must(flash.faults != 0 || equal_bytes(digest.data(), stated.data(), device::kSha256Bytes));
      SlotHeader header;
      must(app || check_slot(Bytes(flash.bytes.data(), note.size), hash, header) == SlotFault::kNone);
    }
  }
  return 0;
}
