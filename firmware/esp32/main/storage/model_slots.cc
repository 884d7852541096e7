#include "model_slots.h"

#include "esp_log.h"
#include "esp_timer.h"
#include "state_store.h"

namespace cutpoint::esp32 {
namespace {

using device::BootDecision;
using device::BootReason;
using device::kNoSlot;
using device::kSlots;
using device::SlotFault;

constexpr char kTag[] = "model";
constexpr char kNamespace[] = "slots";
constexpr char kChoiceKey[] = "choice";
constexpr const char* kLabels[kSlots] = {"model", "spare"};
constexpr auto kModelSubtype = static_cast<esp_partition_subtype_t>(0x40);  // the first that ESP-IDF leaves free

const char* text_of(BootReason reason) {
  switch (reason) {
    case BootReason::kSettled:
      return "in use";
    case BootReason::kTrial:
      return "on trial";
    case BootReason::kReturned:
      return "in use again: the new model did not prove itself";
    case BootReason::kFallback:
      return "in use: the other slot holds no good model";
    case BootReason::kNothing:
      break;
  }
  return "empty";
}

}  // namespace

bool ModelSlots::begin() {
  for (uint8_t slot = 0; slot < kSlots; ++slot) {
    const esp_partition_t* partition = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, kModelSubtype, kLabels[slot]);
    if (partition == nullptr) {
      ESP_LOGE(kTag, "the partition table has no %s: flash the table of this firmware", kLabels[slot]);
      return false;
    }
    areas_[slot].set(partition);
    judge(slot);
  }
  uint8_t stored[device::kSlotChoiceBytes + 1];
  const size_t count = load_state(kNamespace, kChoiceKey, MutableBytes(stored));
  device::read_choice(Bytes(stored, count), choice_);
  const uint8_t before = choice_.slot;
  const BootDecision decision = device::choose_slot(choice_, content_);
  reason_ = decision.reason;
  uint8_t slot = decision.slot;
  if (choice_.slot != before) {
    // An update that was to go on in the spare slot would now go on in the other one.
    NvsProgress(device::UpdateKind::kModel).store(device::UpdateProgress());
  }
  if (decision.changed && !store() && choice_.trial) {
    ESP_LOGE(kTag, "a trial cannot be noted in flash, so none is made");
    slot = device::slot_without_trial(choice_, content_);
    choice_.trial = false;
    choice_.starts = 0;
    choice_.slot = slot == kNoSlot ? choice_.slot : slot;
    reason_ = slot == kNoSlot ? BootReason::kNothing : BootReason::kFallback;
  }
  select(slot);
  return true;
}

const MappedModel& ModelSlots::current() const { return slot_ == kNoSlot ? nothing_ : models_[slot_]; }

bool ModelSlots::begin_trial(device::Sentence& why) {
  const uint8_t spare = device::spare_slot(choice_);
  why.clear();
  if (spare == kNoSlot) {
    why.add("a model is on trial already");
    return false;
  }
  judge(spare);
  if (!content_[spare].valid) {
    why.add(device::slot_fault_text(models_[spare].fault));
    unmap(spare);
    return false;
  }
  const device::SlotChoice before = choice_;
  device::begin_trial(choice_);
  if (!store()) {
    choice_ = before;
    unmap(spare);
    why.add("the trial could not be noted in flash, so the old model stays");
    return false;
  }
  reason_ = BootReason::kTrial;
  select(spare);
  return true;
}

bool ModelSlots::prove() {
  device::prove_trial(choice_, content_);
  reason_ = BootReason::kSettled;
  spare_area_.set(areas_[device::spare_slot(choice_)].partition());
  return store();
}

bool ModelSlots::fail() {
  const bool trial = choice_.trial;
  if (slot_ == kNoSlot) {
    return false;
  }
  content_[slot_].valid = false;  // until the next start, or it is written anew
  const uint8_t other = static_cast<uint8_t>(1 - slot_);
  unmap(slot_);
  if (content_[other].valid) {
    judge(other);
  }
  const uint8_t slot = device::fail_slot(choice_, content_);
  if (!store()) {
    ESP_LOGE(kTag, "the failure cannot be noted in flash; the model will be tried again at the next start");
  }
  reason_ = slot == kNoSlot ? BootReason::kNothing : trial ? BootReason::kReturned : BootReason::kFallback;
  select(slot);
  return slot != kNoSlot;
}

// Maps as much of a partition as its header says and checks it; what lies behind is nobody's.
void ModelSlots::judge(uint8_t slot) {
  MappedModel& model = models_[slot];
  const int64_t begin = esp_timer_get_time();
  unmap(slot);
  content_[slot] = {};
  model.fault = SlotFault::kTruncated;
  if (map(slot, device::kSlotHeaderBytes)) {
    model.fault = device::read_slot_header(mapped_[slot], model.header);
  }
  if (model.fault == SlotFault::kNone) {
    const uint32_t bytes = model.header.image_bytes();
    unmap(slot);
    model.fault = bytes <= areas_[slot].size() && map(slot, bytes) ? SlotFault::kNone : SlotFault::kTruncated;
  }
  if (model.fault == SlotFault::kNone) {
    model.fault = device::check_slot(mapped_[slot], hash_, model.header);
  }
  if (model.fault == SlotFault::kNone) {
    content_[slot] = {true, device::slot_crc(mapped_[slot])};
    model.model = mapped_[slot].slice(device::kSlotHeaderBytes, model.header.model_bytes);
    const device::SlotHeader& header = model.header;
    model.plan = header.plan_bytes == 0 ? Bytes() : mapped_[slot].slice(header.plan_at(), header.plan_bytes);
    model.tables = header.tables_bytes == 0 ? Bytes() : mapped_[slot].slice(header.tables_at(), header.tables_bytes);
  } else {
    unmap(slot);
  }
  model.check_us = static_cast<uint32_t>(esp_timer_get_time() - begin);
}

bool ModelSlots::map(uint8_t slot, uint32_t bytes) {
  const void* start = nullptr;
  const esp_err_t result = esp_partition_mmap(areas_[slot].partition(), 0, bytes, ESP_PARTITION_MMAP_DATA, &start,
                                              &handles_[slot]);
  if (result != ESP_OK) {
    ESP_LOGE(kTag, "%lu bytes of the partition %s cannot be mapped: %s", static_cast<unsigned long>(bytes),
             kLabels[slot], esp_err_to_name(result));
    return false;
  }
  mapped_[slot] = Bytes(static_cast<const uint8_t*>(start), bytes);
  return true;
}

void ModelSlots::unmap(uint8_t slot) {
  if (!mapped_[slot].empty()) {
    esp_partition_munmap(handles_[slot]);
    mapped_[slot] = Bytes();
    models_[slot].model = Bytes();
    models_[slot].plan = Bytes();
    models_[slot].tables = Bytes();
    models_[slot].header.arena = Bytes();  // they lay in the mapping
    models_[slot].header.block = Bytes();
  }
}

// The other slot is not mapped while it may be written, and leaves the address space to others.
void ModelSlots::select(uint8_t slot) {
  slot_ = slot;
  for (uint8_t other = 0; other < kSlots; ++other) {
    if (other != slot) {
      unmap(other);
    }
  }
  const uint8_t spare = device::spare_slot(choice_);
  spare_area_.set(spare == kNoSlot ? nullptr : areas_[spare].partition());
  if (slot == kNoSlot) {
    const SlotFault fault = models_[choice_.slot].fault;
    nothing_.fault = fault == SlotFault::kNone ? SlotFault::kEmpty : fault;  // what is whole and failed is none to use
    ESP_LOGW(kTag, "no model in use: %s",
             fault == SlotFault::kNone ? "what the slots hold did not load or answer" : device::slot_fault_text(fault));
    return;
  }
  const MappedModel& model = models_[slot];
  ESP_LOGI(kTag, "%s, operators [0, %u) of %u, %lu bytes in the slot %s, %s; checked in %lu us", model.header.name,
           static_cast<unsigned>(model.header.on_board), static_cast<unsigned>(model.header.operators),
           static_cast<unsigned long>(model.header.model_bytes), kLabels[slot], text_of(reason_),
           static_cast<unsigned long>(model.check_us));
}

bool ModelSlots::store() {
  uint8_t bytes[device::kSlotChoiceBytes];
  device::write_choice(choice_, bytes);
  return store_state(kNamespace, kChoiceKey, Bytes(bytes));
}

}  // namespace cutpoint::esp32
