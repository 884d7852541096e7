// An update in pieces: resume, what is refused, and that flash holds exactly what was stated.
#include "update/receiver.h"

#include "check.h"
#include "simulated_flash.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

constexpr uint32_t kAreaBytes = 16 * kFlashSectorBytes;
constexpr uint32_t kPiece = 1000;

struct Stand {
  explicit Stand(uint32_t model_bytes = 30000) : image(make_slot_image(model_bytes, 5)) {
    digest = sha256(Bytes(image.data(), image.size()));
  }

  std::mt19937 random{1};
  Power power;
  SimulatedFlash flash{kAreaBytes, power, random};
  SimulatedCell cell{power, random};
  SimulatedProgress progress{cell};
  ReferenceSha256 hash;
  SlotImageRule rule;
  UpdateReceiver receiver{flash, hash, rule, &progress, UpdateKind::kModel};
  std::vector<uint8_t> image;
  std::array<uint8_t, kSha256Bytes> digest;

  uint32_t size() const { return static_cast<uint32_t>(image.size()); }
  UpdateNote begin() { return receiver.begin(size(), Bytes(digest.data(), digest.size())); }
  UpdateNote piece(uint32_t offset, uint32_t bytes = kPiece) {
    const uint32_t count = bytes < size() - offset ? bytes : size() - offset;
    return receiver.data(offset, Bytes(&image[offset], count));
  }
  // Sends up to `end`; the last note.
  UpdateNote send(uint32_t end) {
    UpdateNote note = {};
    while (receiver.active() && receiver.offset() < end) {
      note = piece(receiver.offset());
    }
    return note;
  }
  bool arrived() const { return std::equal(image.begin(), image.end(), flash.bytes.begin()); }
};

}  // namespace

TEST(an_update_arrives_and_is_handed_over_to_be_tried) {
  Stand stand;
  const UpdateNote ready = stand.begin();
  CHECK(ready.state == UpdateState::kReady && ready.say && ready.offset == 0 && ready.size == stand.size());
  int told = 0;
  while (stand.receiver.offset() < stand.size()) {
    const UpdateNote note = stand.piece(stand.receiver.offset());
    CHECK(note.state == UpdateState::kReceiving);
    told += note.say ? 1 : 0;
  }
  CHECK_EQ(told, static_cast<int>(stand.size() / kProgressStepBytes));
  const UpdateNote end = stand.receiver.end();
  CHECK(end.state == UpdateState::kTrying && end.say && end.offset == stand.size() && end.size == stand.size());
  CHECK(stand.arrived());
  CHECK(!stand.receiver.active() && !stand.flash.misuse);
  CHECK_EQ(load_u32(stand.cell.kept.data()), 0u);  // nothing left to resume
}

TEST(pieces_of_any_size_arrive) {
  for (const uint32_t bytes : {1u, 7u, 1016u, 4095u, 4096u, 9000u, 34096u}) {
    Stand stand;
    stand.begin();
    while (stand.receiver.offset() < stand.size()) {
      stand.piece(stand.receiver.offset(), bytes);
    }
    CHECK(stand.receiver.end().state == UpdateState::kTrying);
    CHECK(stand.arrived());
  }
}

TEST(what_lay_in_the_area_before_does_not_shine_through) {
  Stand stand;
  std::fill(stand.flash.bytes.begin(), stand.flash.bytes.end(), 0);
  stand.begin();
  stand.send(stand.size());
  CHECK(stand.receiver.end().state == UpdateState::kTrying);
}

TEST(only_the_sectors_that_are_written_are_erased) {
  Stand stand;
  std::fill(stand.flash.bytes.begin(), stand.flash.bytes.end(), 0x55);
  stand.begin();
  CHECK_EQ(stand.flash.bytes[0], 0x55);  // nothing before the first byte
  stand.piece(0);
  CHECK_EQ(stand.flash.bytes[kFlashSectorBytes], 0x55);
  stand.send(stand.size());
  CHECK_EQ(stand.flash.bytes[9 * kFlashSectorBytes], 0x55);
}

TEST(begin_says_where_to_go_on_within_a_boot) {
  Stand stand;
  stand.begin();
  stand.send(5000);
  const UpdateNote again = stand.begin();
  CHECK(again.state == UpdateState::kReady && again.offset == 5000);
  stand.send(stand.size());
  CHECK(stand.receiver.end().state == UpdateState::kTrying);
}

TEST(begin_says_where_to_go_on_after_a_restart) {
  Stand stand;
  stand.begin();
  stand.send(20500);
  UpdateReceiver after(stand.flash, stand.hash, stand.rule, &stand.progress, UpdateKind::kModel);
  const UpdateNote ready = after.begin(stand.size(), Bytes(stand.digest.data(), stand.digest.size()));
  CHECK(ready.state == UpdateState::kReady && ready.offset == 16384);
  while (after.offset() < stand.size()) {
    const uint32_t count = std::min(kPiece, stand.size() - after.offset());
    after.data(after.offset(), Bytes(&stand.image[after.offset()], count));
  }
  CHECK(after.end().state == UpdateState::kTrying);
  CHECK(stand.arrived());
}

TEST(another_image_begins_anew) {
  Stand stand;
  stand.begin();
  stand.send(20000);
  Stand other(20000);
  const UpdateNote ready = stand.receiver.begin(other.size(), Bytes(other.digest.data(), other.digest.size()));
  CHECK(ready.state == UpdateState::kReady && ready.offset == 0);
  CHECK(stand.begin().offset == 0);  // and the first one has lost its place
}

TEST(a_piece_delivered_twice_changes_nothing) {
  Stand stand;
  stand.begin();
  stand.piece(0);
  const UpdateNote again = stand.piece(0);
  CHECK(again.state == UpdateState::kReceiving && !again.say && again.offset == kPiece);
  stand.send(stand.size());
  stand.piece(0);
  CHECK(stand.receiver.end().state == UpdateState::kTrying);
}

TEST(a_piece_out_of_order_is_answered_once_with_the_offset_that_is_expected) {
  Stand stand;
  stand.begin();
  stand.piece(0);
  const UpdateNote gap = stand.piece(2 * kPiece);
  CHECK(gap.state == UpdateState::kReceiving && gap.say && gap.offset == kPiece);
  for (int i = 1; i < 16; ++i) {
    CHECK(!stand.piece(3 * kPiece).say);  // those that were already on their way
  }
  CHECK(stand.piece(3 * kPiece).say);  // a note may have been lost
  CHECK(stand.piece(kPiece / 2).say == false);  // it overlaps: no use either
  CHECK(stand.piece(kPiece).offset == 2 * kPiece);
  CHECK(stand.piece(9 * kPiece).say);
  stand.send(stand.size());
  CHECK(stand.receiver.end().state == UpdateState::kTrying);
}

TEST(an_end_before_the_last_byte_says_what_is_missing) {
  Stand stand;
  stand.begin();
  stand.send(8000);
  const UpdateNote early = stand.receiver.end();
  CHECK(early.state == UpdateState::kReceiving && early.say && early.offset == 8000);
  stand.send(stand.size());
  CHECK(stand.receiver.end().state == UpdateState::kTrying);
}

TEST(what_does_not_fit_is_refused) {
  Stand stand;
  const Bytes digest(stand.digest.data(), stand.digest.size());
  for (const uint32_t size : {0u, 1u, 4096u, 4104u, kAreaBytes + 1, 0xFFFFFFFFu}) {
    const UpdateNote note = stand.receiver.begin(size, digest);
    CHECK(note.state == UpdateState::kRefused && std::strlen(note.text) > 0 && !stand.receiver.active());
  }
  CHECK(stand.receiver.begin(stand.size(), digest.first(31)).state == UpdateState::kRefused);
  stand.begin();
  const std::vector<uint8_t> more(stand.size() + 1);
  CHECK(stand.receiver.data(0, Bytes(more.data(), more.size())).state == UpdateState::kRefused);
  CHECK(stand.receiver.data(stand.size(), Bytes(more.data(), 1)).state == UpdateState::kRefused);
  CHECK(stand.receiver.data(0xFFFFFFFF, Bytes(more.data(), 1)).state == UpdateState::kRefused);
  CHECK(stand.receiver.data(0, Bytes()).state == UpdateState::kRefused);
  CHECK_EQ(stand.receiver.offset(), 0u);
  stand.send(stand.size());
  CHECK(stand.receiver.end().state == UpdateState::kTrying);
}

TEST(nothing_goes_without_a_begin) {
  Stand stand;
  CHECK(stand.piece(0).state == UpdateState::kRefused);
  CHECK(stand.receiver.end().state == UpdateState::kRefused);
  CHECK(stand.receiver.abort().state == UpdateState::kRefused);
  CHECK_EQ(stand.flash.bytes[0], 0xFF);
}

TEST(the_setting_decides_what_may_be_replaced) {
  CHECK(!update_allowed(UpdatePolicy::kOff, UpdateKind::kModel));
  CHECK(update_allowed(UpdatePolicy::kModel, UpdateKind::kModel));
  CHECK(!update_allowed(UpdatePolicy::kModel, UpdateKind::kFirmware));
  CHECK(update_allowed(UpdatePolicy::kAll, UpdateKind::kFirmware));
  Stand stand;
  stand.receiver.set_policy(UpdatePolicy::kOff);
  const UpdateNote refused = stand.begin();
  CHECK(refused.state == UpdateState::kRefused && std::strstr(refused.text, "`update`") != nullptr);
  stand.receiver.set_policy(UpdatePolicy::kModel);
  stand.begin();
  stand.receiver.set_policy(UpdatePolicy::kOff);
  CHECK(stand.piece(0).state == UpdateState::kRefused);
  CHECK(stand.receiver.end().state == UpdateState::kRefused);
  CHECK(stand.receiver.abort().state == UpdateState::kFailed);
}

TEST(while_an_image_is_on_trial_no_other_comes) {
  Stand stand;
  stand.receiver.block("a new model is on trial");
  const UpdateNote refused = stand.begin();
  CHECK(refused.state == UpdateState::kRefused && std::string(refused.text) == "a new model is on trial");
  stand.receiver.block(nullptr);
  CHECK(stand.begin().state == UpdateState::kReady);
}

TEST(an_aborted_update_leaves_nothing_to_resume) {
  Stand stand;
  stand.begin();
  stand.send(20000);
  CHECK(stand.receiver.abort().state == UpdateState::kFailed);
  CHECK_EQ(stand.begin().offset, 0u);
}

TEST(another_hash_than_stated_fails_and_begins_anew) {
  Stand stand;
  stand.digest[0] ^= 1;
  stand.begin();
  stand.send(stand.size());
  const UpdateNote end = stand.receiver.end();
  CHECK(end.state == UpdateState::kFailed && std::strstr(end.text, "SHA-256") != nullptr);
  CHECK_EQ(stand.begin().offset, 0u);
}

TEST(a_foreign_file_is_refused_at_its_beginning) {
  Stand stand;
  stand.image.assign(stand.image.size(), 'x');
  stand.digest = sha256(Bytes(stand.image.data(), stand.image.size()));
  stand.begin();
  const UpdateNote note = stand.send(stand.size());
  CHECK(note.state == UpdateState::kFailed && std::strstr(note.text, "CPSL") != nullptr);
  CHECK(!stand.receiver.active());
  CHECK_EQ(stand.flash.bytes[3 * kFlashSectorBytes], 0xFF);  // long before its end
}

TEST(an_image_of_another_size_than_its_header_says_is_refused) {
  Stand stand;
  stand.image.push_back(0);
  stand.digest = sha256(Bytes(stand.image.data(), stand.image.size()));
  stand.begin();
  CHECK(stand.send(stand.size()).state == UpdateState::kFailed);
}

TEST(a_model_that_does_not_match_its_own_header_is_refused_at_the_end) {
  Stand stand;
  stand.image.back() ^= 1;
  stand.digest = sha256(Bytes(stand.image.data(), stand.image.size()));
  stand.begin();
  stand.send(stand.size());
  const UpdateNote end = stand.receiver.end();
  CHECK(end.state == UpdateState::kFailed && std::strstr(end.text, "SHA-256") != nullptr);
}

TEST(a_flash_that_does_not_keep_what_is_written_is_noticed_at_once) {
  Stand stand;
  stand.begin();
  stand.send(5000);
  stand.flash.flips = 1000;
  const UpdateNote note = stand.piece(5000);
  CHECK(note.state == UpdateState::kFailed && note.offset == 4096);
  stand.flash.flips = 0;
  CHECK_EQ(stand.begin().offset, 4096u);
  stand.send(stand.size());
  CHECK(stand.receiver.end().state == UpdateState::kTrying);
  CHECK(stand.arrived());
}

TEST(a_board_without_room_says_so) {
  Stand stand;
  SimulatedFlash none(0, stand.power, stand.random);
  UpdateReceiver receiver(none, stand.hash, stand.rule, nullptr, UpdateKind::kModel);
  CHECK(receiver.begin(5000, Bytes(stand.digest.data(), stand.digest.size())).state == UpdateState::kRefused);
}

TEST(without_a_store_an_update_only_cannot_be_resumed) {
  Stand stand;
  UpdateReceiver receiver(stand.flash, stand.hash, stand.rule, nullptr, UpdateKind::kModel);
  receiver.begin(stand.size(), Bytes(stand.digest.data(), stand.digest.size()));
  receiver.data(0, Bytes(stand.image.data(), stand.image.size()));
  CHECK(receiver.end().state == UpdateState::kTrying);
}

TEST(progress_survives_its_bytes_and_nonsense_is_none) {
  UpdateProgress progress;
  progress.size = 100000;
  progress.offset = 8192;
  progress.sha256[31] = 7;
  uint8_t bytes[kProgressBytes];
  write_progress(progress, bytes);
  UpdateProgress read;
  CHECK(read_progress(Bytes(bytes), read) && read.size == 100000 && read.offset == 8192 && read.sha256[31] == 7);
  CHECK(!read_progress(Bytes(bytes).first(39), read));
  CHECK(!read_progress(Bytes(), read));
}

TEST(progress_that_cannot_be_true_begins_anew) {
  for (const uint32_t offset : {1u, 4095u, 0xFFFFF000u}) {
    Stand stand;
    UpdateProgress progress;
    progress.size = stand.size();
    progress.offset = offset;
    copy_bytes(progress.sha256, stand.digest.data(), kSha256Bytes);
    stand.progress.store(progress);
    CHECK_EQ(stand.begin().offset, 0u);
  }
}
