// Reassembly: counters, permutations, and buffers of every size.
#include "frame/reassembler.h"

#include <algorithm>

#include "check.h"
#include "frame/chunker.h"

using namespace cutpoint;

namespace {

using Buffer = std::vector<uint8_t>;

Bytes view(const Buffer& buffer) { return Bytes(buffer.data(), buffer.size()); }
MutableBytes writable(Buffer& buffer) { return MutableBytes(buffer.data(), buffer.size()); }

Buffer payload_of(size_t size, uint8_t seed) {
  Buffer payload(size);
  for (size_t i = 0; i < size; ++i) {
    payload[i] = static_cast<uint8_t>(i * 31 + seed);
  }
  return payload;
}

std::vector<Buffer> frames_of(const Buffer& payload, uint32_t sequence, uint32_t boot = 1, size_t chunk_bytes = 64) {
  Header header = {};
  header.kind = Kind::kActivation;
  header.boot = boot;
  header.sequence = sequence;
  FlatPayload source(view(payload));
  Chunker chunker;
  std::vector<Buffer> frames;
  if (chunker.begin(header, payload.size(), chunk_bytes) != Status::kOk) {
    return frames;
  }
  Buffer buffer(chunk_bytes);
  while (!chunker.done()) {
    Bytes frame;
    if (chunker.next(source, writable(buffer), frame) != Status::kOk) {
      break;
    }
    frames.emplace_back(frame.begin(), frame.end());
  }
  return frames;
}

}  // namespace

TEST(five_chunks_come_together_in_each_of_their_120_orders) {
  for (const size_t last : {size_t{1}, size_t{31}, size_t{32}}) {
    const Buffer payload = payload_of(4 * 32 + last, 3);
    std::vector<Buffer> frames = frames_of(payload, 1);
    REQUIRE(frames.size() == 5);
    std::vector<size_t> order = {0, 1, 2, 3, 4};
    do {
      for (const size_t spare : {size_t{0}, size_t{1}, size_t{40}}) {
        Buffer buffer(payload.size() + spare);
        Reassembler chunks(writable(buffer));
        Message message = {};
        for (size_t i = 0; i < order.size(); ++i) {
          CHECK_EQ(chunks.push(view(frames[order[i]]), message), i == 4 ? Status::kOk : Status::kPending);
        }
        CHECK(Buffer(message.payload.begin(), message.payload.end()) == payload);
        CHECK_EQ(message.header.payload_bytes, payload.size());
      }
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(no_order_of_chunks_overruns_a_buffer_that_is_too_small) {
  const Buffer payload = payload_of(2 * 32 + 20, 3);
  const std::vector<Buffer> frames = frames_of(payload, 1);
  std::vector<size_t> order = {0, 1, 2};
  do {
    for (size_t capacity = 0; capacity < payload.size(); ++capacity) {
      Buffer buffer(capacity);
      Reassembler chunks(writable(buffer));
      Message message = {};
      for (const size_t i : order) {
        CHECK(chunks.push(view(frames[i]), message) != Status::kOk);
      }
      CHECK(chunks.counters().oversized > 0);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(a_message_of_one_chunk_needs_no_buffer) {
  const Buffer payload = payload_of(20, 1);
  Reassembler chunks{MutableBytes()};
  Message message = {};
  const Buffer frame = frames_of(payload, 1)[0];
  CHECK_EQ(chunks.push(view(frame), message), Status::kOk);
  CHECK(message.payload.data() == frame.data() + kHeaderBytes);
}

TEST(a_message_of_one_empty_chunk_is_a_message) {
  Reassembler chunks{MutableBytes()};
  Message message = {};
  const Buffer frame = frames_of(Buffer(), 1)[0];
  CHECK_EQ(chunks.push(view(frame), message), Status::kOk);
  CHECK_EQ(message.payload.size(), 0u);
}

TEST(a_message_of_1024_chunks_is_collected) {
  const Buffer payload = payload_of(1024 * 32, 9);
  std::vector<Buffer> frames = frames_of(payload, 1);
  REQUIRE(frames.size() == kMaxChunks);
  std::reverse(frames.begin(), frames.end());
  Buffer buffer(payload.size());
  Reassembler chunks(writable(buffer));
  Message message = {};
  Status status = Status::kPending;
  for (const Buffer& frame : frames) {
    CHECK_EQ(status, Status::kPending);
    status = chunks.push(view(frame), message);
  }
  CHECK_EQ(status, Status::kOk);
  CHECK(Buffer(message.payload.begin(), message.payload.end()) == payload);
}

TEST(everything_that_is_dropped_is_counted) {
  Buffer buffer(200);
  Reassembler chunks(writable(buffer));
  Message message = {};
  const std::vector<Buffer> old = frames_of(payload_of(80, 1), 1);
  const std::vector<Buffer> young = frames_of(payload_of(80, 2), 2);
  Buffer damaged = young[1];
  damaged[40] ^= 1;
  chunks.push(view(old[0]), message);
  chunks.push(view(young[0]), message);
  chunks.push(view(young[0]), message);
  chunks.push(view(old[1]), message);
  chunks.push(view(damaged), message);
  chunks.push(view(frames_of(payload_of(400, 1), 3)[0]), message);
  chunks.push(view(young[1]), message);
  chunks.push(view(young[2]), message);
  CHECK_EQ(chunks.counters().messages, 1u);
  CHECK_EQ(chunks.counters().displaced, 1u);
  CHECK_EQ(chunks.counters().duplicate, 1u);
  CHECK_EQ(chunks.counters().stale, 1u);
  CHECK_EQ(chunks.counters().refused, 1u);
  CHECK_EQ(chunks.counters().oversized, 1u);
  CHECK(!chunks.collecting());
}

TEST(a_reset_forgets_what_was_collected) {
  Buffer buffer(200);
  Reassembler chunks(writable(buffer));
  Message message = {};
  const std::vector<Buffer> frames = frames_of(payload_of(80, 1), 5);
  const std::vector<Buffer> erased = frames_of(payload_of(80, 2), 1);
  CHECK_EQ(chunks.push(view(frames[0]), message), Status::kPending);
  CHECK_EQ(chunks.push(view(erased[0]), message), Status::kStale);
  chunks.reset();
  CHECK_EQ(chunks.push(view(erased[0]), message), Status::kPending);
}

TEST(a_device_whose_boot_number_was_erased_is_heard_again) {
  Buffer buffer(200);
  Reassembler chunks(writable(buffer));
  Message message = {};
  CHECK_EQ(chunks.push(view(frames_of(payload_of(80, 1), 1, 0x7000'0000)[0]), message), Status::kPending);
  const std::vector<Buffer> erased = frames_of(payload_of(80, 2), 1, 1);
  uint32_t stale = 0;
  while (chunks.push(view(erased[0]), message) == Status::kStale) {
    ++stale;
  }
  CHECK_EQ(stale, kStaleBeforeGivingUp - 1);
  CHECK_EQ(chunks.push(view(erased[1]), message), Status::kPending);
  CHECK_EQ(chunks.push(view(erased[2]), message), Status::kOk);
}

TEST(serial_numbers_compare_across_the_wrap) {
  CHECK(serial_newer(1, 0));
  CHECK(serial_newer(0, 0xFFFFFFFFu));
  CHECK(!serial_newer(0xFFFFFFFFu, 0));
  CHECK(!serial_newer(5, 5));
  CHECK(serial_newer(0x7FFFFFFFu, 0));
  CHECK(!serial_newer(0x80000000u, 0));
  CHECK(!serial_newer(0, 0x80000000u));
}
