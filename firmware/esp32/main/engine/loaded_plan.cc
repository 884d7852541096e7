#include "loaded_plan.h"

#include "core/stream/check.h"
#include "device/arena/stream_memory.h"
#include "esp_log.h"
#include "esp_timer.h"

namespace cutpoint::esp32 {
namespace {

constexpr char kTag[] = "engine";

}  // namespace

bool LoadedPlan::load(const MappedModel& model, device::Sentence& why) {
  unload();
  plan_refused_ = !read(model, why);
  if (plan_refused_) {
    return false;
  }
  size_t lacking = take_memory(false);
  if (lacking != 0 && !fed_ && can_feed()) {
    lacking = take_memory(true);
  }
  if (lacking != 0) {
    device::explain_no_arena(lacking, true, free_memory(), model.header, why, device::SlotEngine::kStream);
    unload();
    return false;
  }
  if (!engine_.load(plan_, block_.get(), picture_.get(), fed_ ? &source_ : nullptr, this)) {
    why = device::Sentence("The Stream engine did not take the memory that its plan asks for: make the slot image again.");
    unload();
    return false;
  }
  unsigned cuts = 0;
  for (uint16_t cut = 0; cut <= engine_.operators(); ++cut) {
    cuts += engine_.can_cut(cut) ? 1 : 0;
  }
  ESP_LOGI(kTag, "%s: operators 0 to %u by Stream, block of %u bytes in %s RAM, inputs %s in %u bytes of %s RAM; %u of %u cuts",
           model.header.name, static_cast<unsigned>(engine_.operators()), static_cast<unsigned>(block_.size()),
           block_.place_name(), fed_ ? "line by line" : "whole", static_cast<unsigned>(picture_.size()),
           picture_.place_name(), cuts, static_cast<unsigned>(engine_.operators()) + 1u);
  return true;
}

// The plan of this model, for the operators that the slot's header states.
bool LoadedPlan::read(const MappedModel& model, device::Sentence& why) {
  if (model.plan.empty()) {
    why = device::Sentence("The slot has no stream plan, and this firmware runs nothing else: make the image again, with a plan.");
    return false;
  }
  const stream::PlanFault fault = stream::check_plan(model.plan, &model.header.model);
  if (fault != stream::PlanFault::kNone) {
    why = device::Sentence(stream::plan_fault_text(fault));
    return false;
  }
  plan_ = stream::Plan(model.plan.data());
  if (plan_.header().operators != model.header.operators || plan_.header().on_board != model.header.on_board) {
    why = device::Sentence("The slot's header and its stream plan do not belong together: write the slot again.");
    return false;
  }
  return true;
}

// The inputs first: they go where they disturb least, and the block takes what is left.
size_t LoadedPlan::take_memory(bool feed) {
  block_.release();
  picture_.release();
  const device::FreeMemory memory = free_memory();
  const device::PictureMemory picture = feed ? device::fed_picture_memory(plan_, memory)
                                             : device::choose_picture_memory(plan_, memory, can_feed());
  fed_ = picture.fed;
  if (!picture_.take(picture.bytes, picture.place)) {
    return picture.bytes;
  }
  const device::BlockMemory block = device::choose_block_memory(plan_, free_memory());
  return block_.take(block.bytes, block.place) ? 0 : block.bytes;
}

void LoadedPlan::unload() {
  engine_ = stream::StreamEngine();
  block_.release();
  picture_.release();
  fed_ = false;
}

size_t LoadedPlan::input_bytes() {
  size_t bytes = 0;
  for (size_t i = 0; i < inputs(); ++i) {
    bytes += plan_.tensor(i).row_bytes() * plan_.tensor(i).rows;
  }
  return bytes;
}

uint64_t LoadedPlan::now_us() { return static_cast<uint64_t>(esp_timer_get_time()); }

}  // namespace cutpoint::esp32
