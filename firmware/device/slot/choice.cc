#include "choice.h"

#include "../../core/bytes.h"

namespace cutpoint::device {
namespace {

constexpr uint8_t kChoiceVersion = 1;

uint8_t other(uint8_t slot) { return static_cast<uint8_t>(1 - slot); }

void settle(SlotChoice& choice, uint8_t slot) {
  choice.slot = slot;
  choice.trial = false;
  choice.starts = 0;
}

void start_trial(SlotChoice& choice, uint8_t slot) {
  choice.slot = slot;
  choice.trial = true;
  choice.starts = 1;
}

bool is_new(const SlotChoice& choice, const SlotContent (&slots)[kSlots], uint8_t slot) {
  return slots[slot].valid && slots[slot].crc != choice.known[slot];
}

BootDecision continue_trial(SlotChoice& choice, const SlotContent (&slots)[kSlots]) {
  const uint8_t tried = choice.slot;
  const uint8_t old = other(tried);
  if (slots[tried].valid && choice.starts < kMaxTrials) {
    choice.starts = static_cast<uint8_t>(choice.starts + 1);
    return {tried, BootReason::kTrial, true};
  }
  if (slots[tried].valid) {
    choice.known[tried] = slots[tried].crc;  // judged: not to be tried again
  }
  if (slots[old].valid) {
    settle(choice, old);
    choice.known[old] = slots[old].crc;
    return {old, BootReason::kReturned, true};
  }
  // Nothing to return to: a model that did not prove itself beats none.
  settle(choice, tried);
  return {slots[tried].valid ? tried : kNoSlot, slots[tried].valid ? BootReason::kFallback : BootReason::kNothing, true};
}

}  // namespace

void write_choice(const SlotChoice& choice, uint8_t (&bytes)[kSlotChoiceBytes]) {
  bytes[0] = kChoiceVersion;
  bytes[1] = choice.slot;
  bytes[2] = choice.trial ? 1 : 0;
  bytes[3] = choice.starts;
  store_u32(bytes + 4, choice.known[0]);
  store_u32(bytes + 8, choice.known[1]);
}

Status read_choice(Bytes bytes, SlotChoice& choice) {
  choice = SlotChoice();
  if (bytes.size() != kSlotChoiceBytes || bytes[0] != kChoiceVersion || bytes[1] >= kSlots || bytes[2] > 1 ||
      bytes[3] > kMaxTrials || (bytes[3] != 0) != (bytes[2] != 0)) {
    return Status::kArgument;
  }
  choice.slot = bytes[1];
  choice.trial = bytes[2] != 0;
  choice.starts = bytes[3];
  choice.known[0] = load_u32(bytes.data() + 4);
  choice.known[1] = load_u32(bytes.data() + 8);
  return Status::kOk;
}

BootDecision choose_slot(SlotChoice& choice, const SlotContent (&slots)[kSlots]) {
  if (choice.trial) {
    return continue_trial(choice, slots);
  }
  const uint8_t used = choice.slot;
  const uint8_t spare = other(used);
  // A board that never judged anything has nothing to compare with: what it holds was flashed with it.
  const bool first_boot = choice.known[0] == 0 && choice.known[1] == 0;
  if (!first_boot && slots[used].valid && is_new(choice, slots, spare)) {
    start_trial(choice, spare);
    return {spare, BootReason::kTrial, true};
  }
  if (slots[used].valid) {
    if (!first_boot && is_new(choice, slots, used) && slots[spare].valid) {
      start_trial(choice, used);
      return {used, BootReason::kTrial, true};
    }
    bool changed = false;
    for (uint8_t slot = 0; slot < kSlots; ++slot) {
      changed = changed || is_new(choice, slots, slot);
      choice.known[slot] = slots[slot].valid ? slots[slot].crc : choice.known[slot];
    }
    return {used, BootReason::kSettled, changed};
  }
  if (slots[spare].valid) {
    settle(choice, spare);
    choice.known[spare] = slots[spare].crc;
    return {spare, BootReason::kFallback, true};
  }
  return {kNoSlot, BootReason::kNothing, false};
}

uint8_t slot_without_trial(const SlotChoice& choice, const SlotContent (&slots)[kSlots]) {
  const uint8_t wanted = choice.trial ? other(choice.slot) : choice.slot;
  return slots[wanted].valid ? wanted : slots[other(wanted)].valid ? other(wanted) : kNoSlot;
}

uint8_t spare_slot(const SlotChoice& choice) { return choice.trial ? kNoSlot : other(choice.slot); }

Status begin_trial(SlotChoice& choice) {
  if (choice.trial) {
    return Status::kArgument;
  }
  start_trial(choice, other(choice.slot));
  choice.known[choice.slot] = 0;  // not judged yet, even if the very same image was tried before
  return Status::kOk;
}

void prove_trial(SlotChoice& choice, const SlotContent (&slots)[kSlots]) {
  if (choice.trial) {
    choice.known[choice.slot] = slots[choice.slot].crc;
    settle(choice, choice.slot);
  }
}

uint8_t fail_slot(SlotChoice& choice, const SlotContent (&slots)[kSlots]) {
  const uint8_t failed = choice.slot;
  choice.known[failed] = slots[failed].crc;
  settle(choice, slots[other(failed)].valid ? other(failed) : failed);
  if (choice.slot == failed) {
    return kNoSlot;
  }
  choice.known[choice.slot] = slots[choice.slot].crc;
  return choice.slot;
}

}  // namespace cutpoint::device
