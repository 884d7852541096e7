#include "frame/update.h"

#include <vector>

#include "check.h"
#include "vector_lines.h"

using namespace cutpoint;

namespace {

using Argument = std::vector<uint8_t>;

Bytes bytes_of(const Argument& argument) { return Bytes(argument.data(), argument.size()); }

Status read(const Argument& argument) {
  UpdateView view;
  return read_update(bytes_of(argument), view);
}

Argument written(const UpdateView& update) {
  uint8_t memory[kMaxArgumentBytes];
  ByteWriter writer{MutableBytes(memory)};
  CHECK_EQ(write_update(update, writer), Status::kOk);
  return Argument(memory, memory + writer.size());
}

Status refused(const UpdateView& update) {
  uint8_t memory[kMaxArgumentBytes + 8];
  ByteWriter writer{MutableBytes(memory)};
  const Status status = write_update(update, writer);
  CHECK_EQ(writer.size(), 0u);
  return status;
}

// As the golden vectors spell a step.
std::string text_of(const UpdateView& view) {
  const std::string op = "op=" + std::to_string(static_cast<int>(view.op));
  if (view.op == UpdateOp::kBegin) {
    return op + ";size=" + std::to_string(view.size) + ";sha256=" + vectors::hex_of(view.sha256);
  }
  if (view.op == UpdateOp::kData) {
    return op + ";offset=" + std::to_string(view.offset) + ";data=" + vectors::hex_of(view.data);
  }
  return op;
}

const uint8_t kSha[kSha256Bytes] = {1, 2, 3};

UpdateView begin(uint32_t size) { return {UpdateOp::kBegin, size, Bytes(kSha), 0, Bytes()}; }
UpdateView data(uint32_t offset, Bytes bytes) { return {UpdateOp::kData, 0, Bytes(), offset, bytes}; }

}  // namespace

TEST(every_step_reads_as_it_was_written) {
  const Argument piece(kMaxUpdateDataBytes, 7);
  const UpdateView steps[] = {begin(1), begin(UINT32_MAX), data(0, Bytes(kSha).first(1)), data(99, bytes_of(piece)),
                              data(UINT32_MAX - 32, Bytes(kSha)), {UpdateOp::kEnd, 0, Bytes(), 0, Bytes()},
                              {UpdateOp::kAbort, 0, Bytes(), 0, Bytes()}};
  for (const UpdateView& step : steps) {
    const Argument argument = written(step);
    UpdateView view;
    CHECK_EQ(read_update(bytes_of(argument), view), Status::kOk);
    CHECK_EQ(view.op, step.op);
    CHECK_EQ(view.size, step.size);
    CHECK_EQ(view.offset, step.offset);
    CHECK_EQ(view.sha256.size(), step.sha256.size());
    CHECK_EQ(view.data.size(), step.data.size());
    CHECK(equal_bytes(view.sha256.data(), step.sha256.data(), step.sha256.size()));
    CHECK(equal_bytes(view.data.data(), step.data.data(), step.data.size()));
  }
  CHECK_EQ(written(data(0, bytes_of(piece))).size(), kMaxArgumentBytes);
}

TEST(a_step_that_is_cut_off_or_too_long_is_refused) {
  const Argument whole = written(begin(4096));
  for (size_t size = 0; size < whole.size(); ++size) {
    CHECK_EQ(read(Argument(whole.begin(), whole.begin() + static_cast<long>(size))), Status::kTruncated);
  }
  Argument longer = whole;
  longer.push_back(0);
  CHECK_EQ(read(longer), Status::kTrailing);
  CHECK_EQ(read({3, 0, 0, 0, 0}), Status::kTrailing);
  CHECK_EQ(read({2, 0, 0, 0, 0, 0, 0, 0}), Status::kCount);
  CHECK_EQ(read(Argument{2, 0, 0, 0, 0, 0, 0}), Status::kTruncated);
}

TEST(figures_out_of_range_are_refused_by_reader_and_writer) {
  CHECK_EQ(read({0, 0, 0, 0}), Status::kNumber);
  CHECK_EQ(read({5, 0, 0, 0}), Status::kNumber);
  for (size_t at = 1; at < 4; ++at) {
    Argument argument = {3, 0, 0, 0};
    argument[at] = 1;
    CHECK_EQ(read(argument), Status::kReserved);
  }
  CHECK_EQ(read({2, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 9}), Status::kNumber);
  const Argument too_long(kMaxUpdateDataBytes + 1, 1);
  CHECK_EQ(refused(begin(0)), Status::kNumber);
  CHECK_EQ(refused({UpdateOp::kBegin, 1, Bytes(kSha).first(31), 0, Bytes()}), Status::kArgument);
  CHECK_EQ(refused(data(0, Bytes())), Status::kCount);
  CHECK_EQ(refused(data(0, bytes_of(too_long))), Status::kCount);
  CHECK_EQ(refused(data(UINT32_MAX, Bytes(kSha).first(1))), Status::kNumber);
  CHECK_EQ(refused({static_cast<UpdateOp>(9), 0, Bytes(), 0, Bytes()}), Status::kNumber);
}

// What reads at all is written back to the very same bytes: there is one form of every step.
TEST(bytes_from_anywhere_are_refused_or_mean_one_step) {
  uint32_t seed = 12345;
  const auto next = [&seed] { return (seed = seed * 1664525u + 1013904223u) >> 16; };
  uint32_t good = 0;
  for (int i = 0; i < 200000; ++i) {
    Argument argument(next() % 48u);
    for (uint8_t& byte : argument) {
      byte = static_cast<uint8_t>(next());
    }
    if (argument.size() >= 4 && next() % 4 != 0) {
      argument[0] = static_cast<uint8_t>(next() % 6u);
      argument[1] = argument[2] = argument[3] = 0;
      if (argument[0] == 1 && next() % 2 != 0) {
        argument.resize(40, 1);
      } else if (argument[0] > 2 && next() % 2 != 0) {
        argument.resize(4);
      }
    }
    UpdateView view;
    if (read_update(bytes_of(argument), view) == Status::kOk) {
      ++good;
      CHECK(written(view) == argument);
    }
  }
  CHECK(good > 10000);
}

TEST(the_golden_steps_are_read_and_written_exactly_so) {
  const std::vector<vectors::Columns> lines = vectors::lines_of("update");
  CHECK(lines.size() >= 7);
  for (const vectors::Columns& columns : lines) {
    const Argument argument = vectors::bytes_of(columns[2]);
    UpdateView view;
    CHECK_EQ(columns[0] + " " + vectors::reason_of(read_update(bytes_of(argument), view)), columns[0] + " ok");
    CHECK_EQ(text_of(view), columns[1]);
    CHECK(written(view) == argument);
  }
}

TEST(the_golden_bad_steps_are_refused_for_their_reasons) {
  const std::vector<vectors::Columns> lines = vectors::lines_of("bad_update");
  CHECK(lines.size() >= 15);
  for (const vectors::Columns& columns : lines) {
    CHECK_EQ(columns[0] + " " + vectors::reason_of(read(vectors::bytes_of(columns[2]))), columns[0] + " " + columns[1]);
  }
}
