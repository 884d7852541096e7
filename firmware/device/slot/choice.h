// Which of the two model slots is in use, which is on trial, and the way back. Pure: the caller stores the record
// whenever a call changed it, before it acts on the change.
#ifndef CUTPOINT_DEVICE_SLOT_CHOICE_H_
#define CUTPOINT_DEVICE_SLOT_CHOICE_H_

#include <stddef.h>
#include <stdint.h>

#include "../../core/span.h"
#include "../../core/status.h"

namespace cutpoint::device {

constexpr uint8_t kSlots = 2;
constexpr uint8_t kNoSlot = 255;
constexpr uint8_t kMaxTrials = 2;  // starts that a model has to prove itself: one may be lost to a power cut

// As it is kept: 12 bytes in NVS, replaced as one.
struct SlotChoice {
  uint8_t slot = 0;      // in use; on trial, the one that is tried
  bool trial = false;    // the other slot is where to return to
  uint8_t starts = 0;    // of this trial
  uint32_t known[kSlots] = {};  // header CRC of each slot's image as last judged, 0 for none
};

constexpr size_t kSlotChoiceBytes = 12;
void write_choice(const SlotChoice& choice, uint8_t (&bytes)[kSlotChoiceBytes]);
// kArgument for bytes that no write_choice made; the choice is then the default.
Status read_choice(Bytes bytes, SlotChoice& choice);

// What lies in a slot at boot.
struct SlotContent {
  bool valid;
  uint32_t crc;  // slot_crc(); any value when it is not valid
};

enum class BootReason : uint8_t {
  kSettled,    // the slot in use
  kTrial,      // a new image, which the caller has to prove or fail
  kReturned,   // the trial did not end, or its image is damaged: back to the old one
  kFallback,   // the slot in use is damaged: the other one
  kNothing,    // no slot holds an image
};

struct BootDecision {
  uint8_t slot;  // kNoSlot with kNothing
  BootReason reason;
  bool changed;  // store the choice before the model is touched; when that fails, use_without_trial()
};

// Once at boot. An image that appeared in a slot since (by cable) is tried too; it is told by its header's CRC, which
// the header's stamp changes when the same model is written once more.
BootDecision choose_slot(SlotChoice& choice, const SlotContent (&slots)[kSlots]);

// When a changed choice cannot be stored, no trial may run, or a model that crashes would be tried for ever: the slot
// to use instead.
uint8_t slot_without_trial(const SlotChoice& choice, const SlotContent (&slots)[kSlots]);

// Where an update may be written; kNoSlot while a trial is under way.
uint8_t spare_slot(const SlotChoice& choice);

// An update has been verified in the spare slot. kArgument while a trial is under way.
Status begin_trial(SlotChoice& choice);

// The image on trial loaded and gave a first answer: it is the one in use. No effect without a trial.
void prove_trial(SlotChoice& choice, const SlotContent (&slots)[kSlots]);

// The image in use, or on trial, does not load or answer. Returns the slot in use from now on, kNoSlot when the other
// holds nothing: the choice then stays. A failed image is not tried again unless it is written anew. The caller counts
// a slot that failed since boot as not valid, or two bad images would take turns.
uint8_t fail_slot(SlotChoice& choice, const SlotContent (&slots)[kSlots]);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SLOT_CHOICE_H_
