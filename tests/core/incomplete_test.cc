// What has come of an unfinished message: in every subset of its chunks, byte for byte, and the tensors that can be read.
#include "frame/incomplete_activation.h"

#include <algorithm>

#include "check.h"
#include "frame/activation.h"
#include "frame/reassembler.h"

using namespace cutpoint;

namespace {

using Buffer = std::vector<uint8_t>;

Bytes view(const Buffer& buffer) { return Bytes(buffer.data(), buffer.size()); }
MutableBytes writable(Buffer& buffer) { return MutableBytes(buffer.data(), buffer.size()); }

Buffer elements(size_t count, uint8_t seed) {
  Buffer data(count);
  for (size_t i = 0; i < count; ++i) {
    data[i] = static_cast<uint8_t>(i * 7 + seed);
  }
  return data;
}

// The frames of an activation whose raw tensors are `tensors`, numbered from 40.
std::vector<Buffer> activation_frames(const std::vector<Buffer>& tensors, size_t chunk_bytes) {
  std::vector<TensorView> views;
  for (const Buffer& data : tensors) {
    TensorView tensor = {};
    tensor.index = static_cast<uint16_t>(40 + views.size());
    tensor.dtype = DType::kInt8;
    tensor.data = view(data);
    views.push_back(tensor);
  }
  ActivationFields fields = {};
  fields.boot = 3;
  fields.sequence = 9;
  fields.cut = 17;
  fields.plan_epoch = 5;
  fields.tensors = Span<const TensorView>(views.data(), views.size());
  ActivationWriter writer;
  std::vector<Buffer> frames;
  CHECK_EQ(writer.begin(fields, chunk_bytes), Status::kOk);
  Buffer buffer(chunk_bytes);
  while (!writer.done()) {
    Bytes frame;
    if (writer.next_chunk(writable(buffer), frame) != Status::kOk) {
      return {};
    }
    frames.emplace_back(frame.begin(), frame.end());
  }
  return frames;
}

// A bit for each byte of the payload: whether the message says that it came.
std::vector<bool> said_to_have_come(const IncompleteMessage& message) {
  std::vector<bool> came(message.payload.size());
  for (size_t at = message.next_came(0); at < message.payload.size();) {
    const size_t end = message.came_until(at);
    if (end <= at || end > message.payload.size()) {
      return {};
    }
    std::fill(came.begin() + static_cast<long>(at), came.begin() + static_cast<long>(end), true);
    at = message.next_came(end);
  }
  return came;
}

}  // namespace

TEST(of_every_subset_of_chunks_the_bytes_that_came_are_told_from_those_that_did_not) {
  const std::vector<Buffer> frames = activation_frames({elements(150, 1)}, 64);
  REQUIRE(frames.size() == 6);
  Buffer payload;
  for (const Buffer& frame : frames) {
    payload.insert(payload.end(), frame.begin() + kHeaderBytes, frame.end());
  }
  for (unsigned subset = 1; subset + 1 < 1u << frames.size(); ++subset) {
    for (const size_t spare : {size_t{0}, size_t{5}, size_t{100}}) {
      Buffer buffer(payload.size() + spare, 0xEE);
      Reassembler chunks(writable(buffer));
      Message whole = {};
      // The last one first: it has no place until another has come.
      for (size_t i = frames.size(); i-- != 0;) {
        if ((subset >> i & 1u) != 0) {
          CHECK_EQ(chunks.push(view(frames[i]), whole), Status::kPending);
        }
      }
      IncompleteMessage message = {};
      const bool only_last = subset == 1u << (frames.size() - 1);
      CHECK_EQ(chunks.incomplete(message), !only_last);
      if (only_last) {
        continue;
      }
      CHECK_EQ(message.header.sequence, 9u);
      CHECK(message.payload.size() >= payload.size() - 31 && message.payload.size() <= buffer.size());
      const std::vector<bool> came = said_to_have_come(message);
      size_t chunks_came = 0;
      for (size_t i = 0; i < frames.size(); ++i) {
        const bool here = (subset >> i & 1u) != 0;
        chunks_came += here ? 1 : 0;
        const size_t end = i + 1 == frames.size() && !here ? message.payload.size() : std::min(payload.size(), 32 * (i + 1));
        for (size_t at = 32 * i; at < end; ++at) {
          CHECK_EQ(static_cast<bool>(came[at]), here);
          CHECK(!here || message.payload[at] == payload[at]);
        }
        CHECK_EQ(message.has(32 * i, end - 32 * i), here || end == 32 * i);
      }
      CHECK_EQ(message.chunks_came, chunks_came);
    }
  }
}

TEST(a_message_that_is_complete_or_has_not_begun_is_not_incomplete) {
  const std::vector<Buffer> frames = activation_frames({elements(50, 1)}, 64);
  Buffer buffer(200);
  Reassembler chunks(writable(buffer));
  IncompleteMessage message = {};
  CHECK(!chunks.incomplete(message));
  Message whole = {};
  for (const Buffer& frame : frames) {
    chunks.push(view(frame), whole);
  }
  CHECK(!chunks.incomplete(message));
}

TEST(nothing_is_said_to_have_come_beyond_the_payload) {
  const std::vector<Buffer> frames = activation_frames({elements(150, 1)}, 64);
  Buffer buffer(300);
  Reassembler chunks(writable(buffer));
  Message whole = {};
  for (size_t i = 1; i < frames.size(); ++i) {
    chunks.push(view(frames[i]), whole);
  }
  IncompleteMessage message = {};
  REQUIRE(chunks.incomplete(message));
  const size_t size = message.payload.size();
  CHECK_EQ(message.came_until(size), size);
  CHECK_EQ(message.next_came(size), size);
  CHECK_EQ(message.came_until(SIZE_MAX), SIZE_MAX);
  CHECK_EQ(message.next_came(SIZE_MAX), SIZE_MAX);
  CHECK(!message.has(SIZE_MAX, 2));
  CHECK(!message.has(size, 1));
  CHECK(!message.has(size - 1, SIZE_MAX));
  CHECK(message.has(size, 0));
}

TEST(tensors_are_read_up_to_the_first_whose_record_did_not_come) {
  const std::vector<Buffer> tensors = {elements(100, 1), elements(60, 2), elements(40, 3)};
  const std::vector<Buffer> frames = activation_frames(tensors, 64);
  // Records stand at 8, 120 and 192 of the payload, the second across two chunks of 32 bytes.
  const auto known_without = [&](size_t missing) {
    Buffer buffer(300);
    Reassembler chunks(writable(buffer));
    Message whole = {};
    for (size_t i = 0; i < frames.size(); ++i) {
      if (i != missing) {
        chunks.push(view(frames[i]), whole);
      }
    }
    IncompleteMessage message = {};
    IncompleteActivation activation = {};
    CHECK(chunks.incomplete(message));
    const Status status = read_incomplete_activation(message, activation);
    if (status != Status::kOk) {
      CHECK_EQ(status, Status::kTruncated);
      return 99;
    }
    CHECK_EQ(activation.plan_epoch, 5u);
    CHECK_EQ(activation.tensor_count, 3u);
    for (size_t i = 0; i < activation.tensors_known; ++i) {
      const IncompleteTensor& tensor = activation.tensors[i];
      CHECK_EQ(tensor.record.index, 40 + i);
      CHECK_EQ(tensor.record.raw_bytes, tensors[i].size());
      for (size_t at = 0; at < tensors[i].size(); ++at) {
        CHECK(!message.has(tensor.at + at, 1) || message.payload[tensor.at + at] == tensors[i][at]);
      }
    }
    return static_cast<int>(activation.tensors_known);
  };
  CHECK_EQ(known_without(0), 99);
  CHECK_EQ(known_without(1), 3);
  CHECK_EQ(known_without(2), 3);
  CHECK_EQ(known_without(3), 1);
  CHECK_EQ(known_without(4), 1);
  CHECK_EQ(known_without(5), 3);
  CHECK_EQ(known_without(6), 2);
  CHECK_EQ(known_without(7), 3);
}
