// NOR flash and NVS in memory whose power can be cut at any step, and whose calls can fail.
#ifndef CUTPOINT_TESTS_SIMULATED_FLASH_H_
#define CUTPOINT_TESTS_SIMULATED_FLASH_H_

#include <cstdint>
#include <random>
#include <vector>

#include "slot/choice.h"
#include "slot/header.h"
#include "reference_sha256.h"
#include "update/receiver.h"

namespace cutpoint::device {

// Counts the steps that change flash; from step `cut` on nothing changes any more, as with the power gone. The step that
// is cut is done in part.
struct Power {
  long cut = -1;  // -1: never
  long steps = 0;
  bool on() const { return cut < 0 || steps <= cut; }
  // Share of this step that still happens: 1, or less once the power goes.
  double step(std::mt19937& random) {
    steps += 1;
    if (cut < 0 || steps <= cut) {
      return 1;
    }
    return steps == cut + 1 ? std::uniform_real_distribution<double>(0, 1)(random) : 0;
  }
};

class SimulatedFlash final : public FlashArea {
 public:
  SimulatedFlash(uint32_t size, Power& power, std::mt19937& random)
      : bytes(size, 0xFF), power_(power), random_(random) {}

  uint32_t size() override { return static_cast<uint32_t>(bytes.size()); }

  bool erase(uint32_t offset, uint32_t count) override {
    if (offset % kFlashSectorBytes != 0 || count % kFlashSectorBytes != 0 || offset + count > bytes.size() || faulty()) {
      misuse = misuse || offset % kFlashSectorBytes != 0 || offset + count > bytes.size();
      return false;
    }
    const double share = power_.step(random_);
    for (uint32_t i = 0; i < count; ++i) {
      // An erase that is cut leaves bits in any state.
      bytes[offset + i] = share >= 1 ? 0xFF : share > 0 ? static_cast<uint8_t>(random_()) : bytes[offset + i];
    }
    return power_.on();
  }

  bool write(uint32_t offset, Bytes data) override {
    if (offset + data.size() > bytes.size() || data.empty()) {
      misuse = true;
      return false;
    }
    const bool fails = faulty();
    const double share = fails ? std::uniform_real_distribution<double>(0, 1)(random_) : power_.step(random_);
    const size_t count = static_cast<size_t>(share * static_cast<double>(data.size()));
    for (size_t i = 0; i < count; ++i) {
      bytes[offset + i] &= data[i];
    }
    if (flips > 0 && random_() % 1000 < flips) {
      bytes[offset + random_() % data.size()] ^= static_cast<uint8_t>(1u << random_() % 8);
    }
    return !fails && power_.on();
  }

  bool read(uint32_t offset, MutableBytes to) override {
    if (offset + to.size() > bytes.size()) {
      misuse = true;
      return false;
    }
    if (faulty()) {
      return false;
    }
    copy_bytes(to.data(), bytes.data() + offset, to.size());
    return true;
  }

  std::vector<uint8_t> bytes;
  uint32_t faults = 0;  // of a thousand calls
  uint32_t flips = 0;   // of a thousand writes
  bool misuse = false;  // a call out of the area, or not aligned

 private:
  bool faulty() { return faults > 0 && random_() % 1000 < faults; }

  Power& power_;
  std::mt19937& random_;
};

// One value that is replaced as a whole or not at all, like a blob in NVS.
class SimulatedCell {
 public:
  SimulatedCell(Power& power, std::mt19937& random) : power_(power), random_(random) {}
  bool store(Bytes bytes) {
    if (power_.step(random_) >= 1) {
      kept.assign(bytes.begin(), bytes.end());
    }
    return power_.on();
  }
  std::vector<uint8_t> kept;

 private:
  Power& power_;
  std::mt19937& random_;
};

class SimulatedProgress final : public ProgressStore {
 public:
  explicit SimulatedProgress(SimulatedCell& cell) : cell_(cell) {}
  bool load(UpdateProgress& progress) override {
    return read_progress(Bytes(cell_.kept.data(), cell_.kept.size()), progress);
  }
  bool store(const UpdateProgress& progress) override {
    uint8_t bytes[kProgressBytes];
    write_progress(progress, bytes);
    return cell_.store(Bytes(bytes));
  }

 private:
  SimulatedCell& cell_;
};

// A slot image with a random model that looks like a .tflite, and a plan and codec tables that begin like them.
inline std::vector<uint8_t> make_slot_image(uint32_t model_bytes, uint32_t seed, uint16_t entries = 3,
                                            uint32_t plan_bytes = 0, uint32_t tables_bytes = 0) {
  std::mt19937 random(seed);
  SlotHeader header;
  header.model_bytes = model_bytes;
  header.plan_bytes = plan_bytes;
  header.tables_bytes = tables_bytes;
  std::vector<uint8_t> image(header.image_bytes());
  for (size_t i = kSlotHeaderBytes; i < image.size(); ++i) {
    image[i] = static_cast<uint8_t>(random());
  }
  const char identifier[] = "TFL3";
  copy_bytes(&image[kSlotHeaderBytes + 4], reinterpret_cast<const uint8_t*>(identifier), 4);
  if (plan_bytes != 0) {
    copy_bytes(&image[header.plan_at()], reinterpret_cast<const uint8_t*>("CPSP"), 4);
  }
  if (tables_bytes != 0) {
    copy_bytes(&image[header.tables_at()], reinterpret_cast<const uint8_t*>("CPCT"), 4);
  }
  std::vector<uint8_t> arena(4u * entries), block(plan_bytes == 0 ? 0 : 4u * entries);
  for (uint32_t k = 1; k <= entries; ++k) {
    store_u32(&arena[4 * (k - 1)], 1000 * k);
    if (plan_bytes != 0) {
      store_u32(&block[4 * (k - 1)], 400 - k);
    }
  }
  header.model = ModelId{{1, 2, 3, static_cast<uint8_t>(seed)}};
  const auto digest = sha256(Bytes(image.data(), image.size()).from(kSlotHeaderBytes));
  copy_bytes(header.sha256, digest.data(), digest.size());
  header.operators = static_cast<uint16_t>(entries + 2);
  header.on_board = static_cast<uint16_t>(entries + 1);
  header.arena_entries = entries;
  header.arena = Bytes(arena.data(), arena.size());
  header.block_entries = static_cast<uint16_t>(block.size() / 4);
  header.block = Bytes(block.data(), block.size());
  const char name[] = "fomo-digits_0.1";
  copy_bytes(reinterpret_cast<uint8_t*>(header.name), reinterpret_cast<const uint8_t*>(name), sizeof name);
  write_slot_header(header, MutableBytes(image.data(), kSlotHeaderBytes));
  return image;
}

}  // namespace cutpoint::device

#endif  // CUTPOINT_TESTS_SIMULATED_FLASH_H_
