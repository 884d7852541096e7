// The core against the golden vectors, which are made without it.
#include "check.h"
#include "message_frames.h"

using namespace cutpoint;
using namespace vectors;

namespace {

// Outcome of a frame: a reason, or "ok" with the message read.
struct Receiver {
  explicit Receiver(size_t capacity) : buffer(capacity), chunks(MutableBytes(buffer.data(), buffer.size())) {}

  std::string push(const Buffer& frame) {
    current = frame;
    const Status status = chunks.push(Bytes(current.data(), current.size()), message);
    if (status != Status::kOk) {
      return reason_of(status);
    }
    read = read_message(message, buffer.size());
    return reason_of(read.status);
  }

  Buffer buffer;
  Buffer current;
  Reassembler chunks;
  Message message = {};
  Read read;
};

}  // namespace

TEST(every_message_of_the_vectors_is_read_and_written_back) {
  const std::vector<Columns> lines = lines_of("message");
  CHECK(lines.size() > 40);
  for (const Columns& columns : lines) {
    const Frames frames(columns.begin() + 4, columns.end());
    Receiver receiver(1 << 20);
    for (size_t i = 0; i < frames.size(); ++i) {
      const std::string outcome = receiver.push(bytes_of(frames[i]));
      CHECK_EQ(columns[0] + " " + outcome, columns[0] + (i + 1 == frames.size() ? " ok" : " pending"));
    }
    CHECK_EQ(receiver.read.text, columns[3]);
    const std::vector<std::string> fills = split(columns[2], ',');
    for (size_t i = 0; i < receiver.read.tensors.size() && receiver.message.header.kind == Kind::kActivation; ++i) {
      receiver.read.tensors[i].fill = std::stoll(fills[i]);
    }
    const Frames written = frames_of(receiver.message, receiver.read, std::stoul(columns[1]));
    CHECK_EQ(columns[0] + " " + std::to_string(written.size()), columns[0] + " " + std::to_string(frames.size()));
    for (size_t i = 0; i < frames.size() && i < written.size(); ++i) {
      CHECK_EQ(columns[0] + " " + written[i], columns[0] + " " + frames[i]);
    }
  }
}

TEST(every_bad_frame_of_the_vectors_is_refused_for_its_reason) {
  const std::vector<Columns> lines = lines_of("bad");
  CHECK(lines.size() > 90);
  for (const Columns& columns : lines) {
    Receiver receiver(std::stoul(columns[1]));
    std::string outcome;
    for (size_t i = 3; i < columns.size(); ++i) {
      outcome = receiver.push(bytes_of(columns[i]));
      if (i + 1 < columns.size()) {
        CHECK_EQ(columns[0] + " " + outcome, columns[0] + " pending");
      }
    }
    CHECK_EQ(columns[0] + " " + outcome, columns[0] + " " + columns[2]);
  }
}

TEST(chunks_of_the_vectors_come_together_in_every_order) {
  const std::vector<Columns> lines = lines_of("order");
  CHECK(lines.size() > 15);
  for (const Columns& columns : lines) {
    Receiver receiver(std::stoul(columns[1]));
    for (size_t i = 2; i < columns.size(); ++i) {
      const std::vector<std::string> step = split(columns[i], '=');
      std::string outcome = receiver.push(bytes_of(step[1]));
      if (outcome == "ok") {
        outcome = hex_of(receiver.message.payload);
      }
      const std::string where = columns[0] + " step " + std::to_string(i - 2) + " ";
      CHECK_EQ(where + outcome, where + step[0]);
    }
  }
}
