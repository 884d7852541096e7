#include "receiver.h"

#include "../../core/bytes.h"

namespace cutpoint::device {
namespace {

constexpr uint32_t kStrayNotes = 16;  // of pieces out of order in a row, one in so many is answered
constexpr size_t kCompareBytes = 256;

uint32_t sector_begin(uint32_t offset) { return offset - offset % kFlashSectorBytes; }

bool same_digest(const uint8_t* a, const uint8_t* b) { return equal_bytes(a, b, kSha256Bytes); }

}  // namespace

UpdateNote UpdateReceiver::say(UpdateState state) { return {state, true, offset_, size_, why_.text()}; }

UpdateNote UpdateReceiver::say(UpdateState state, const char* text) {
  why_ = Sentence(text);
  return say(state);
}

UpdateNote UpdateReceiver::quiet() {
  UpdateNote note = say(UpdateState::kReceiving, "");
  note.say = false;
  return note;
}

bool UpdateReceiver::may_not() {
  why_.clear();
  if (!update_allowed(policy_, kind_)) {
    why_.add("the setting `update` does not allow a new ").add(update_kind_name(kind_)).add(" over MQTT: set it to ");
    why_.add(kind_ == UpdateKind::kModel ? "model or all" : "all");
  } else if (blocked_ != nullptr) {
    why_.add(blocked_);
  }
  return !why_.empty();
}

UpdateNote UpdateReceiver::begin(uint32_t size, Bytes sha256) {
  if (may_not()) {
    return say(UpdateState::kRefused);
  }
  const uint32_t room = area_.size();
  if (sha256.size() != kSha256Bytes || size <= rule_.head_bytes() || size > room) {
    why_.add("an update states a SHA-256 of 32 bytes and a size from ").add(rule_.head_bytes() + 1).add(" to the ");
    why_.add(room).add(" bytes that the spare ").add(kind_ == UpdateKind::kModel ? "slot" : "partition");
    why_.add(" has; this one states ").add(static_cast<uint32_t>(sha256.size())).add(" and ").add(size);
    return say(UpdateState::kRefused);
  }
  strays_ = 0;
  if (size_ == size && same_digest(sha256_, sha256.data())) {
    return say(UpdateState::kReady);
  }
  UpdateProgress kept;
  const bool resumed = progress_ != nullptr && progress_->load(kept) && kept.size == size &&
                       same_digest(kept.sha256, sha256.data()) && kept.offset <= size &&
                       kept.offset % kFlashSectorBytes == 0;
  size_ = size;
  copy_bytes(sha256_, sha256.data(), kSha256Bytes);
  go_back_to(resumed ? kept.offset : 0);
  if (!resumed) {
    keep_progress();
  }
  return say(UpdateState::kReady);
}

UpdateNote UpdateReceiver::data(uint32_t offset, Bytes bytes) {
  if (may_not()) {
    return say(UpdateState::kRefused);
  }
  if (!active()) {
    return say(UpdateState::kRefused, "no update is under way: begin one, which also says where to go on");
  }
  if (bytes.empty() || offset > size_ || bytes.size() > size_ - offset) {
    why_.add("a piece of ").add(static_cast<uint32_t>(bytes.size())).add(" bytes at ").add(offset);
    why_.add(" does not lie within the ").add(size_).add(" bytes that begin stated");
    return say(UpdateState::kRefused);
  }
  if (offset + bytes.size() <= offset_) {
    return quiet();  // delivered twice, or sent again for nothing
  }
  if (offset != offset_) {
    const bool tell = strays_ % kStrayNotes == 0;
    strays_ += 1;
    return tell ? say(UpdateState::kReceiving, "a piece came out of order") : quiet();
  }
  strays_ = 0;
  const uint32_t before = offset_;
  if (!write(bytes)) {
    go_back_to(sector_begin(before));
    why_.add("the flash did not take the bytes at ").add(before).add("; begin again to go on from ").add(offset_);
    return say(UpdateState::kFailed);
  }
  offset_ += static_cast<uint32_t>(bytes.size());
  if (before < rule_.head_bytes() && offset_ >= rule_.head_bytes() && !rule_.accept_head(area_, size_, why_)) {
    forget();
    return say(UpdateState::kFailed);
  }
  if (offset_ / kProgressStepBytes != before / kProgressStepBytes) {
    keep_progress();
    return say(UpdateState::kReceiving);
  }
  return quiet();
}

UpdateNote UpdateReceiver::end() {
  if (may_not()) {
    return say(UpdateState::kRefused);
  }
  if (!active()) {
    return say(UpdateState::kRefused, "no update is under way: begin one, which also says where to go on");
  }
  if (offset_ != size_) {
    return say(UpdateState::kReceiving, "the end came before the last byte");
  }
  uint8_t digest[kSha256Bytes] = {};
  const uint32_t size = size_;
  const bool readable = hash_area(area_, 0, size, hash_, digest);
  const bool same = readable && same_digest(digest, sha256_);
  forget();
  if (!same) {
    return say(UpdateState::kFailed, readable ? "the SHA-256 of what was received is not the one that was stated: send it again"
                                              : "the update cannot be read back from flash: send it again");
  }
  if (!rule_.accept(area_, size, hash_, why_)) {
    return say(UpdateState::kFailed);
  }
  why_.clear();
  return {UpdateState::kTrying, true, size, size, why_.text()};
}

UpdateNote UpdateReceiver::abort() {
  const bool was_active = active();
  forget();
  return was_active ? say(UpdateState::kFailed, "the update was aborted")
                    : say(UpdateState::kRefused, "no update is under way that could be aborted");
}

// Erases each sector just before its first byte, so that no call blocks for longer than one erase and one write, and
// compares what the flash holds with what was meant.
bool UpdateReceiver::write(Bytes bytes) {
  uint32_t at = offset_;
  while (!bytes.empty()) {
    if (at == erased_) {
      if (!area_.erase(erased_, kFlashSectorBytes)) {
        return false;
      }
      erased_ += kFlashSectorBytes;
    }
    const uint32_t room = erased_ - at;
    const Bytes part = bytes.first(bytes.size() < room ? bytes.size() : room);
    if (!area_.write(at, part) || !holds(at, part)) {
      return false;
    }
    at += static_cast<uint32_t>(part.size());
    bytes = bytes.from(part.size());
  }
  return true;
}

bool UpdateReceiver::holds(uint32_t offset, Bytes bytes) {
  uint8_t back[kCompareBytes];
  while (!bytes.empty()) {
    const size_t count = bytes.size() < kCompareBytes ? bytes.size() : kCompareBytes;
    if (!area_.read(offset, MutableBytes(back, count)) || !equal_bytes(back, bytes.data(), count)) {
      return false;
    }
    offset += static_cast<uint32_t>(count);
    bytes = bytes.from(count);
  }
  return true;
}

// `offset` begins a sector, which is erased again before it is written.
void UpdateReceiver::go_back_to(uint32_t offset) {
  offset_ = offset;
  erased_ = offset;
}

void UpdateReceiver::keep_progress() {
  if (progress_ != nullptr) {
    UpdateProgress progress;
    progress.size = size_;
    progress.offset = sector_begin(offset_);
    copy_bytes(progress.sha256, sha256_, kSha256Bytes);
    progress_->store(progress);
  }
}

void UpdateReceiver::forget() {
  size_ = 0;
  strays_ = 0;
  go_back_to(0);
  if (progress_ != nullptr) {
    progress_->store(UpdateProgress());
  }
}

}  // namespace cutpoint::device
