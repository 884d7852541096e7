// Slot images: what is written reads back, and every damaged byte is refused.
#include "slot/header.h"

#include <random>

#include "check.h"
#include "crc32.h"
#include "reference_sha256.h"
#include "simulated_flash.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

Bytes bytes_of(const std::vector<uint8_t>& image) { return Bytes(image.data(), image.size()); }

void mend_crc(std::vector<uint8_t>& image) {
  store_u32(&image[8], 0);
  store_u32(&image[8], crc32(0, bytes_of(image).first(kSlotHeaderBytes)));
}

SlotFault check_image(const std::vector<uint8_t>& image) {
  ReferenceSha256 hash;
  SlotHeader header;
  return check_slot(bytes_of(image), hash, header);
}

// The fault of an image whose byte was set and whose CRC was mended.
SlotFault fault_of(size_t at, uint8_t value, uint32_t plan_bytes = 0, uint32_t tables_bytes = 0) {
  std::vector<uint8_t> image = make_slot_image(500, 1, 3, plan_bytes, tables_bytes);
  image[at] = value;
  mend_crc(image);
  return check_image(image);
}

class BrokenHash final : public Hash {
 public:
  explicit BrokenHash(int good) : good_(good) {}
  bool reset() override { return good_-- > 0; }
  bool update(Bytes) override { return good_-- > 0; }
  bool finish(uint8_t (&)[kSha256Bytes]) override { return good_-- > 0; }

 private:
  int good_;
};

}  // namespace

TEST(the_reference_hash_meets_the_standards_example) {
  const char abc[] = "abc";
  const auto digest = sha256(Bytes(reinterpret_cast<const uint8_t*>(abc), 3));
  CHECK(digest[0] == 0xBA && digest[1] == 0x78 && digest[30] == 0x15 && digest[31] == 0xAD);
}

TEST(a_slot_image_reads_back_as_it_was_written) {
  const std::vector<uint8_t> image = make_slot_image(1000, 9, 5);
  SlotHeader header;
  CHECK(read_slot_header(bytes_of(image), header) == SlotFault::kNone);
  CHECK_EQ(header.model_bytes, 1000u);
  CHECK_EQ(header.image_bytes(), image.size());
  CHECK_EQ(header.operators, 7);
  CHECK_EQ(header.on_board, 6);
  CHECK_EQ(std::string(header.name), std::string("fomo-digits_0.1"));
  CHECK(header.model.bytes[0] == 1 && header.model.bytes[3] == 9);
  CHECK_EQ(header.arena_entries, 5);
  CHECK_EQ(header.arena_bytes(0), 0u);
  CHECK_EQ(header.arena_bytes(1), 1000u);
  CHECK_EQ(header.arena_bytes(5), 5000u);
  CHECK_EQ(header.arena_bytes(6), 0u);
  CHECK_EQ(slot_crc(bytes_of(image)), load_u32(&image[8]));
  CHECK(check_image(image) == SlotFault::kNone);
}

TEST(a_plan_lies_behind_the_model_at_a_multiple_of_four) {
  for (const uint32_t model_bytes : {1000u, 1001u, 1003u}) {
    const std::vector<uint8_t> image = make_slot_image(model_bytes, 9, 5, 600);
    SlotHeader header;
    CHECK(read_slot_header(bytes_of(image), header) == SlotFault::kNone);
    CHECK_EQ(load_u16(&image[4]), 2);
    CHECK_EQ(header.model_bytes, model_bytes);
    CHECK_EQ(header.plan_bytes, 600u);
    CHECK_EQ(header.plan_at() % 4, 0u);
    CHECK(header.plan_at() - kSlotHeaderBytes - model_bytes < 4);
    CHECK_EQ(header.image_bytes(), image.size());
    CHECK(looks_like_plan(bytes_of(image).from(header.plan_at())));
    CHECK_EQ(header.arena_bytes(5), 5000u);
    CHECK_EQ(header.arena_bytes(6), 0u);
    CHECK_EQ(header.block_bytes(0), 0u);
    CHECK_EQ(header.block_bytes(1), 399u);
    CHECK_EQ(header.block_bytes(5), 395u);
    CHECK_EQ(header.block_bytes(6), 0u);
    CHECK(check_image(image) == SlotFault::kNone);
  }
}

TEST(an_image_without_a_plan_is_of_version_1_as_before_there_were_plans) {
  const std::vector<uint8_t> image = make_slot_image(1000, 9);
  CHECK_EQ(load_u16(&image[4]), 1);
  SlotHeader header;
  CHECK(read_slot_header(bytes_of(image), header) == SlotFault::kNone);
  CHECK_EQ(header.plan_bytes, 0u);
  CHECK_EQ(header.block_entries, 0);
}

TEST(codec_tables_lie_behind_model_and_plan_at_a_multiple_of_four) {
  for (const uint32_t plan_bytes : {0u, 61u, 600u}) {
    for (const uint32_t model_bytes : {1000u, 1001u, 1003u}) {
      const std::vector<uint8_t> image = make_slot_image(model_bytes, 9, 5, plan_bytes, 301);
      SlotHeader header;
      CHECK(read_slot_header(bytes_of(image), header) == SlotFault::kNone);
      CHECK_EQ(load_u16(&image[4]), 3);
      CHECK_EQ(header.model_bytes, model_bytes);
      CHECK_EQ(header.plan_bytes, plan_bytes);
      CHECK_EQ(header.tables_bytes, 301u);
      CHECK_EQ(header.tables_at() % 4, 0u);
      const size_t before = plan_bytes == 0 ? kSlotHeaderBytes + model_bytes : header.plan_at() + plan_bytes;
      CHECK(header.tables_at() >= before && header.tables_at() - before < 4);
      CHECK_EQ(load_u32(&image[136]), plan_bytes == 0 ? 0u : header.plan_at());
      CHECK_EQ(load_u32(&image[144]), header.tables_at());
      CHECK_EQ(header.image_bytes(), image.size());
      CHECK(looks_like_tables(bytes_of(image).from(header.tables_at())));
      CHECK(check_image(image) == SlotFault::kNone);
    }
  }
}

TEST(an_image_without_tables_is_of_version_2_as_before_there_were_tables) {
  const std::vector<uint8_t> image = make_slot_image(1000, 9, 3, 100);
  CHECK_EQ(load_u16(&image[4]), 2);
  CHECK_EQ(load_u32(&image[140]), 0u);
  CHECK_EQ(load_u32(&image[144]), 0u);
}

TEST(a_stamp_tells_two_images_of_one_model_apart) {
  const std::vector<uint8_t> image = make_slot_image(1000, 9);
  SlotHeader header;
  REQUIRE(read_slot_header(bytes_of(image), header) == SlotFault::kNone);
  CHECK_EQ(header.stamp, 0u);
  header.stamp = 0x12345678;
  std::vector<uint8_t> stamped = image;
  REQUIRE(write_slot_header(header, MutableBytes(stamped.data(), kSlotHeaderBytes)) == SlotFault::kNone);
  CHECK(slot_crc(bytes_of(stamped)) != slot_crc(bytes_of(image)));
  SlotHeader read;
  REQUIRE(read_slot_header(bytes_of(stamped), read) == SlotFault::kNone);
  CHECK_EQ(read.stamp, 0x12345678u);
  CHECK(check_image(stamped) == SlotFault::kNone);
}

TEST(a_partition_may_be_larger_than_what_lies_in_it) {
  std::vector<uint8_t> image = make_slot_image(1000, 9);
  image.resize(3 * kFlashSectorBytes, 0xFF);
  CHECK(check_image(image) == SlotFault::kNone);
}

TEST(every_flipped_bit_of_an_image_is_noticed) {
  for (const uint32_t more_bytes : {0u, 60u}) {
    const std::vector<uint8_t> good = make_slot_image(66, 3, 3, more_bytes, more_bytes);
    for (size_t bit = 0; bit < 8 * good.size(); bit += bit < 8 * 300 || bit > 8 * 4090 ? 1 : 37) {
      std::vector<uint8_t> image = good;
      image[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
      CHECK(check_image(image) != SlotFault::kNone);
    }
  }
}

TEST(every_truncated_image_is_refused_without_a_byte_read_beyond_it) {
  for (const uint32_t more_bytes : {0u, 60u}) {
    const std::vector<uint8_t> good = make_slot_image(66, 3, 3, more_bytes, more_bytes);
    for (size_t size = 0; size < good.size(); size += size < 100 || size > 4000 ? 1 : 61) {
      // The sanitizer watches its end.
      const std::vector<uint8_t> image(good.begin(), good.begin() + static_cast<long>(size));
      CHECK(check_image(image) == SlotFault::kTruncated);
    }
  }
}

TEST(each_fault_is_told_apart) {
  CHECK(check_image(std::vector<uint8_t>(8192, 0xFF)) == SlotFault::kEmpty);
  CHECK(check_image(std::vector<uint8_t>(8192, 0x00)) == SlotFault::kMagic);
  CHECK(fault_of(4, 4) == SlotFault::kVersion);
  CHECK(fault_of(4, 0) == SlotFault::kVersion);
  CHECK(fault_of(4, 2) == SlotFault::kFields);            // version 2 without a plan
  CHECK(fault_of(4, 3) == SlotFault::kFields);            // version 3 without tables
  CHECK(fault_of(6, 1) == SlotFault::kFields);            // flags
  CHECK(fault_of(58, 1) == SlotFault::kFields);           // a table for Stream without a plan
  CHECK(fault_of(124, 1) == SlotFault::kFields);          // where the model begins
  CHECK(fault_of(128, 1) == SlotFault::kNone);            // the stamp may be anything
  CHECK(fault_of(133, 1) == SlotFault::kFields);          // a plan in version 1
  CHECK(fault_of(136, 1) == SlotFault::kFields);
  CHECK(fault_of(140, 16) == SlotFault::kFields);         // tables in version 1
  CHECK(fault_of(144, 1) == SlotFault::kFields);
  CHECK(fault_of(148, 1) == SlotFault::kFields);          // reserved
  CHECK(fault_of(255, 1) == SlotFault::kFields);
  CHECK(fault_of(256 + 12, 1) == SlotFault::kFields);     // behind the table of three
  CHECK(fault_of(4095, 1) == SlotFault::kFields);
  CHECK(fault_of(52, 0) == SlotFault::kFields);           // N = 0 < K
  CHECK(fault_of(54, 6) == SlotFault::kFields);           // K > N
  CHECK(fault_of(56, 200) == SlotFault::kFields);         // a table longer than K
  CHECK(fault_of(60, 0) == SlotFault::kFields);           // no name
  CHECK(fault_of(60, '-') == SlotFault::kFields);
  CHECK(fault_of(61, '"') == SlotFault::kFields);
  CHECK(fault_of(100, 'a') == SlotFault::kFields);        // bytes behind the name's end
  CHECK(fault_of(14, 0xFF) == SlotFault::kTruncated);     // a model larger than the slot
  CHECK(fault_of(16, 0) == SlotFault::kModel);            // another hash
  CHECK(fault_of(kSlotHeaderBytes + 4, 'X') == SlotFault::kModel);
  CHECK(fault_of(4, 1, 100) == SlotFault::kFields);       // version 1 with a plan
  CHECK(fault_of(58, 5, 100) == SlotFault::kFields);      // a table for Stream longer than K
  CHECK(fault_of(132, 43, 100) == SlotFault::kFields);    // less than a plan's header
  CHECK(fault_of(132, 101, 100) == SlotFault::kTruncated);
  CHECK(fault_of(135, 0xFF, 100) == SlotFault::kTruncated);
  CHECK(fault_of(136, 0, 100) == SlotFault::kFields);     // where the plan begins
  CHECK(fault_of(255, 1, 100) == SlotFault::kFields);
  CHECK(fault_of(256 + 24, 1, 100) == SlotFault::kFields);  // behind two tables of three
  CHECK(fault_of(140, 16, 100) == SlotFault::kFields);    // tables in version 2
  CHECK(fault_of(4, 1, 0, 100) == SlotFault::kFields);    // versions 1 and 2 with tables
  CHECK(fault_of(4, 2, 100, 100) == SlotFault::kFields);
  CHECK(fault_of(140, 15, 0, 100) == SlotFault::kFields);  // less than the header of tables
  CHECK(fault_of(140, 101, 100, 100) == SlotFault::kTruncated);
  CHECK(fault_of(143, 0xFF, 100, 100) == SlotFault::kTruncated);
  CHECK(fault_of(144, 0, 100, 100) == SlotFault::kFields);  // where they begin
  std::vector<uint8_t> image = make_slot_image(500, 1);
  image[20] ^= 1;
  CHECK(check_image(image) == SlotFault::kCrc);
  for (int fault = 0; fault <= static_cast<int>(SlotFault::kTables); ++fault) {
    CHECK(std::strlen(slot_fault_text(static_cast<SlotFault>(fault))) > 10);
    CHECK(std::strlen(slot_fault_text(static_cast<SlotFault>(fault))) < kSentenceBytes);
  }
}

TEST(what_is_no_plan_is_refused_though_its_hash_is_right) {
  std::vector<uint8_t> image = make_slot_image(500, 1, 3, 100);
  SlotHeader header;
  REQUIRE(read_slot_header(bytes_of(image), header) == SlotFault::kNone);
  image[header.plan_at()] = 'X';
  const auto digest = sha256(bytes_of(image).from(kSlotHeaderBytes));
  copy_bytes(&image[16], digest.data(), digest.size());
  mend_crc(image);
  CHECK(check_image(image) == SlotFault::kPlan);
}

TEST(what_are_no_codec_tables_is_refused_though_its_hash_is_right) {
  for (const uint32_t plan_bytes : {0u, 100u}) {
    std::vector<uint8_t> image = make_slot_image(500, 1, 3, plan_bytes, 100);
    SlotHeader header;
    REQUIRE(read_slot_header(bytes_of(image), header) == SlotFault::kNone);
    image[header.tables_at()] = 'X';
    const auto digest = sha256(bytes_of(image).from(kSlotHeaderBytes));
    copy_bytes(&image[16], digest.data(), digest.size());
    mend_crc(image);
    CHECK(check_image(image) == SlotFault::kTables);
  }
}

TEST(a_hash_that_fails_at_any_call_is_no_verdict) {
  const std::vector<uint8_t> image = make_slot_image(10000, 1);
  for (int good = 0; good < 5; ++good) {
    BrokenHash hash(good);
    SlotHeader header;
    CHECK(check_slot(bytes_of(image), hash, header) == SlotFault::kHash);
  }
}

TEST(a_writer_refuses_what_a_reader_would) {
  std::vector<uint8_t> sector(kSlotHeaderBytes);
  const MutableBytes to(sector.data(), sector.size());
  SlotHeader header;
  const std::vector<uint8_t> image = make_slot_image(500, 1);
  REQUIRE(read_slot_header(bytes_of(image), header) == SlotFault::kNone);
  CHECK(write_slot_header(header, to) == SlotFault::kNone);
  CHECK(std::equal(sector.begin(), sector.end(), image.begin()));
  CHECK(write_slot_header(header, to.first(100)) == SlotFault::kTruncated);
  SlotHeader wrong = header;
  wrong.on_board = 9;
  CHECK(write_slot_header(wrong, to) == SlotFault::kFields);
  wrong = header;
  wrong.name[0] = '\0';
  CHECK(write_slot_header(wrong, to) == SlotFault::kFields);
  wrong = header;
  wrong.arena_entries = 2;
  CHECK(write_slot_header(wrong, to) == SlotFault::kFields);
  wrong = header;
  wrong.model_bytes = 7;
  CHECK(write_slot_header(wrong, to) == SlotFault::kFields);
  wrong = header;
  wrong.plan_bytes = 43;
  CHECK(write_slot_header(wrong, to) == SlotFault::kFields);
  wrong.plan_bytes = UINT32_MAX - 100;  // no sum of it may wrap around
  CHECK(write_slot_header(wrong, to) == SlotFault::kFields);
  wrong.plan_bytes = 44;
  CHECK(write_slot_header(wrong, to) == SlotFault::kNone);
  wrong.block_entries = 1;
  CHECK(write_slot_header(wrong, to) == SlotFault::kFields);
  wrong = header;
  wrong.tables_bytes = 15;
  CHECK(write_slot_header(wrong, to) == SlotFault::kFields);
  wrong.tables_bytes = UINT32_MAX - 100;
  CHECK(write_slot_header(wrong, to) == SlotFault::kFields);
  wrong.plan_bytes = UINT32_MAX - 5000;  // nor may the place behind the plan
  wrong.tables_bytes = 500;
  CHECK(write_slot_header(wrong, to) == SlotFault::kFields);
  wrong.plan_bytes = 0;
  CHECK(write_slot_header(wrong, to) == SlotFault::kNone);
  wrong = header;
  wrong.model_bytes = UINT32_MAX - kSlotHeaderBytes;
  CHECK(write_slot_header(wrong, to) == SlotFault::kFields);
}

TEST(two_tables_share_the_sector) {
  std::vector<uint8_t> table(4 * (kMaxArenaEntries / 2), 1);
  std::vector<uint8_t> sector(kSlotHeaderBytes);
  const MutableBytes to(sector.data(), sector.size());
  SlotHeader header;
  header.model_bytes = 8;
  header.plan_bytes = 44;
  header.operators = header.on_board = 2000;
  header.arena_entries = header.block_entries = kMaxArenaEntries / 2;
  header.arena = header.block = Bytes(table.data(), table.size());
  header.name[0] = 'a';
  CHECK(write_slot_header(header, to) == SlotFault::kNone);
  CHECK_EQ(sector.back(), 1);
  std::vector<uint8_t> longer(table.size() + 4, 1);
  header.arena_entries += 1;
  header.arena = Bytes(longer.data(), longer.size());
  CHECK(write_slot_header(header, to) == SlotFault::kFields);
}

TEST(the_longest_name_and_table_fill_their_fields) {
  std::vector<uint8_t> table(4 * kMaxArenaEntries, 1);
  SlotHeader header;
  header.model_bytes = 8;
  header.operators = 2000;
  header.on_board = 1500;
  header.arena_entries = kMaxArenaEntries;
  header.arena = Bytes(table.data(), table.size());
  std::memset(header.name, 'a', kMaxSlotName);
  std::vector<uint8_t> sector(kSlotHeaderBytes);
  REQUIRE(write_slot_header(header, MutableBytes(sector.data(), sector.size())) == SlotFault::kNone);
  SlotHeader read;
  REQUIRE(read_slot_header(bytes_of(sector), read) == SlotFault::kNone);
  CHECK_EQ(std::strlen(read.name), kMaxSlotName);
  CHECK_EQ(read.arena_bytes(kMaxArenaEntries), 0x01010101u);
  CHECK_EQ(read.arena_bytes(kMaxArenaEntries + 1), 0u);
}

TEST(the_largest_cut_that_fits_is_found_though_arenas_do_not_grow_steadily) {
  uint8_t table[4 * 5];
  const uint32_t needs[5] = {5000, 9000, 3000, 0, 7000};  // 0: nobody measured it
  for (size_t i = 0; i < 5; ++i) {
    store_u32(table + 4 * i, needs[i]);
  }
  SlotHeader header;
  header.arena_entries = 5;
  header.arena = Bytes(table);
  CHECK_EQ(largest_cut_within(header, 2999), 0);
  CHECK_EQ(largest_cut_within(header, 3000), 3);
  CHECK_EQ(largest_cut_within(header, 6999), 3);
  CHECK_EQ(largest_cut_within(header, 7000), 5);
  CHECK_EQ(largest_cut_within(header, 7000, SlotEngine::kStream), 0);
  header.block_entries = 4;
  header.block = Bytes(table, 16);
  CHECK_EQ(largest_cut_within(header, 7000, SlotEngine::kStream), 3);
  CHECK_EQ(largest_cut_within(header, 2999, SlotEngine::kStream), 0);
}

TEST(random_headers_with_a_good_crc_never_mislead_the_reader) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::vector<uint8_t> image = make_slot_image(41, 2, 3, round % 2 == 0 ? 0 : 48, round % 3 == 0 ? 0 : 20);
    for (uint32_t changes = 1 + random() % 6; changes > 0; --changes) {
      image[4 + random() % 300] = static_cast<uint8_t>(random());
    }
    mend_crc(image);
    SlotHeader header;
    ReferenceSha256 hash;
    if (check_slot(bytes_of(image), hash, header) == SlotFault::kNone) {
      CHECK(header.on_board <= header.operators && header.arena_entries <= header.on_board);
      CHECK(header.arena.size() == 4u * header.arena_entries && header.block.size() == 4u * header.block_entries);
      CHECK(header.image_bytes() <= image.size() && kSlotHeaderBytes + header.model_bytes <= header.image_bytes());
      CHECK(header.tables_bytes == 0 || header.tables_at() + header.tables_bytes == header.image_bytes());
    }
  }
}
