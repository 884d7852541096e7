// A file of codec tables: what is read from a good one, and why others are refused.
#include "codec/tables/codec_tables.h"

#include "check.h"
#include "tables_file.h"

using namespace cutpoint;
using namespace tables_file;

namespace {

const std::vector<Setting> kSettings = {{5, CodecId::kLowbit, {{2, 3, 4, 16, {2, 0, 3, 1}}, {1, 1, 9, 4}}},
                                        {17, CodecId::kRans, {{4, 4, 8, 256}}}};
constexpr size_t kPlacesAt = 16 + 8 * 2;
constexpr size_t kBlocksAt = kPlacesAt + 4 * 3;

// What becomes of the good file with one byte changed, if its checksum is right all the same.
Status with(size_t at, uint8_t value) {
  File file = file_of(kSettings);
  file.writable()[at] = value;
  file.sign();
  CodecTables tables;
  return CodecTables::open(file.get(), kModel, tables);
}

}  // namespace

TEST(what_stands_in_a_file_is_read_from_it) {
  const File file = file_of(kSettings);
  CodecTables tables;
  REQUIRE(CodecTables::open(file.get(), kModel, tables) == Status::kOk);
  CHECK_EQ(tables.count(), 2);
  CHECK_EQ(tables.version(), load_u32(file.get().data() + 12));
  SettingView setting = {};
  REQUIRE(tables.setting(1, setting));
  CHECK_EQ(setting.cut, 5);
  CHECK_EQ(setting.codec, CodecId::kLowbit);
  CHECK_EQ(setting.tensors, 2);
  TensorTables tensor;
  REQUIRE(tables.tensor(1, 0, tensor));
  CHECK_EQ(tensor.elements(), size_t{24});
  CHECK_EQ(tensor.grid.levels, 16);
  CHECK_EQ(tensor.to_level[255], 15);
  CHECK_EQ(tensor.to_value[3], 48);
  CHECK(tensor.order != nullptr && tensor.order[2] == 3);
  CHECK_EQ(tensor.mark, static_cast<uint16_t>(tables.version()));
  REQUIRE(tables.tensor(1, 1, tensor));
  CHECK(tensor.order == nullptr);
  REQUIRE(tables.tensor(2, 0, tensor));
  CHECK_EQ(tensor.codec, CodecId::kRans);
  CHECK_EQ(tensor.models[0].contexts, 1);
}

TEST(a_setting_or_place_that_is_not_there_is_not_read) {
  const File file = file_of(kSettings);
  CodecTables tables;
  REQUIRE(CodecTables::open(file.get(), kModel, tables) == Status::kOk);
  SettingView setting = {};
  TensorTables tensor;
  CHECK(!tables.setting(0, setting));
  CHECK(!tables.setting(3, setting));
  CHECK(!tables.tensor(1, 2, tensor));
  CHECK(!tables.tensor(0, 0, tensor));
  CHECK(!CodecTables().tensor(1, 0, tensor));
}

TEST(a_file_is_refused_for_its_reason) {
  CodecTables tables;
  File file = file_of(kSettings);
  CHECK_EQ(CodecTables::open(file.get(), ModelId{{1, 2, 3, 4}}, tables), Status::kTables);
  CHECK_EQ(CodecTables::open(file.get().first(15), kModel, tables), Status::kTruncated);
  CHECK_EQ(CodecTables::open(Bytes(), kModel, tables), Status::kTruncated);
  CHECK_EQ(CodecTables::open(file.get().first(file.get().size() - 1), kModel, tables), Status::kCrc);
  CHECK_EQ(CodecTables::open(file.get().from(1), kModel, tables), Status::kArgument);
  file.writable()[0] = 'X';
  CHECK_EQ(CodecTables::open(file.get(), kModel, tables), Status::kMagic);
  CHECK_EQ(with(4, 2), Status::kVersion);
  CHECK_EQ(with(5, 0), Status::kCount);
  CHECK_EQ(with(5, 3), Status::kCodec);  // what stands behind the settings is none
  CHECK_EQ(with(6, 1), Status::kReserved);
  CHECK_EQ(with(18, 2), Status::kCodec);
  CHECK_EQ(with(18, 7), Status::kCodec);
  CHECK_EQ(with(19, 0), Status::kCount);
  CHECK_EQ(with(19, 17), Status::kCount);
  CHECK_EQ(with(20, kPlacesAt + 1), Status::kLength);
  CHECK_EQ(with(23, 1), Status::kLength);
  CHECK_EQ(with(kPlacesAt, kBlocksAt + 2), Status::kLength);
  CHECK_EQ(with(kPlacesAt + 3, 1), Status::kLength);
}

TEST(a_block_that_no_codec_could_use_is_refused) {
  CHECK_EQ(with(kBlocksAt, 0), Status::kNumber);        // no height
  CHECK_EQ(with(kBlocksAt + 4, 0), Status::kNumber);    // no channels
  CHECK_EQ(with(kBlocksAt + 7, 16), Status::kNumber);   // the zero level is none
  CHECK_EQ(with(kBlocksAt + 8, 3), Status::kDType);
  CHECK_EQ(with(kBlocksAt + 9, 2), Status::kReserved);  // an unknown flag
  CHECK_EQ(with(kBlocksAt + 10, 1), Status::kReserved);  // a tolerance that is not delta's
  CHECK_EQ(with(kBlocksAt + 12, 16), Status::kNumber);  // a level that there is not
  CHECK_EQ(with(kBlocksAt + 284, 0), Status::kNumber);  // a channel twice in the order
  CHECK_EQ(with(kBlocksAt + 287, 4), Status::kNumber);  // a channel that there is not
}

TEST(with_256_levels_nothing_is_lost_or_the_file_is_refused) {
  const size_t at = file_of(kSettings).get().size() - 4 - 8 * 256 - 8 - 256;  // to_value
  CHECK_EQ(with(at, 0), Status::kOk);                                          // as it was
  CHECK_EQ(with(at + 1, 2), Status::kNumber);
}

TEST(frequencies_that_do_not_add_up_are_refused) {
  const size_t last = file_of(kSettings).get().size() - 8;
  CHECK_EQ(with(last, 1), Status::kNumber);      // the reciprocal
  CHECK_EQ(with(last + 4, 0), Status::kNumber);  // the start
  CHECK_EQ(with(last + 5, 0xFE), Status::kNumber);
}
