// The two model partitions: mapped into the address space, checked, chosen between. A model is never copied to RAM.
#ifndef CUTPOINT_ESP32_STORAGE_MODEL_SLOTS_H_
#define CUTPOINT_ESP32_STORAGE_MODEL_SLOTS_H_

#include <stdint.h>

#include "device/sentence.h"
#include "device/slot/choice.h"
#include "device/slot/header.h"
#include "device/update/flash_area.h"
#include "partition_area.h"
#include "sha256.h"

namespace cutpoint::esp32 {

struct MappedModel {
  device::SlotFault fault = device::SlotFault::kEmpty;  // kNone: header and model mean something; its tables only while current()
  device::SlotHeader header;
  Bytes model;              // of current(): the device's .tflite, in flash, for as long as the slot is not written
  Bytes plan;               // likewise, the Stream engine's; empty when the slot has none
  Bytes tables;             // likewise, of the codecs
  uint32_t check_us = 0;    // time that the header and the SHA-256 took, microseconds
};

// One owner, the task that runs the engine.
class ModelSlots {
 public:
  // Maps and checks both partitions and chooses one. False when the partitions are not there or cannot be mapped; the
  // board then goes on without a model.
  bool begin();

  // The slot in use or on trial; its fault says when there is nothing.
  const MappedModel& current() const;
  uint8_t slot() const { return slot_; }  // 0 `model`, 1 `spare`, kNoSlot
  device::BootReason reason() const { return reason_; }
  bool on_trial() const { return choice_.trial; }

  // Where a new slot image goes: the slot that is not in use. Of no bytes while a trial is under way.
  device::FlashArea& spare() { return spare_area_; }

  // The image in the spare slot has been received and verified: it becomes current(), on trial. The engine must not be
  // running. False, with the sentence and the old model still current, when it is no good or cannot be noted.
  bool begin_trial(device::Sentence& why);
  // current() loaded and answered: keep it.
  bool prove();
  // It did not: the other slot is current() again, if it holds a model. Also for a model in use that no longer loads.
  bool fail();

 private:
  void judge(uint8_t slot);
  bool map(uint8_t slot, uint32_t bytes);
  void unmap(uint8_t slot);
  void select(uint8_t slot);
  bool store();

  PartitionArea areas_[device::kSlots];
  PartitionArea spare_area_;
  Bytes mapped_[device::kSlots];  // empty while it is not mapped
  esp_partition_mmap_handle_t handles_[device::kSlots] = {};
  MappedModel models_[device::kSlots];
  MappedModel nothing_;
  device::SlotChoice choice_;
  device::SlotContent content_[device::kSlots] = {};
  uint8_t slot_ = device::kNoSlot;
  device::BootReason reason_ = device::BootReason::kNothing;
  Sha256 hash_;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_STORAGE_MODEL_SLOTS_H_
