// Sealed frames: the golden vectors, and what an attacker or a fault can do to them.
#include <algorithm>
#include <random>
#include <set>

#include "sealed_frames.h"

using namespace cutpoint;
using namespace vectors;

TEST(every_frame_of_the_vectors_is_sealed_byte_for_byte) {
  const std::vector<Columns> lines = lines_of("seal");
  CHECK(lines.size() > 15);
  for (const Columns& line : lines) {
    AesGcm cipher(bytes_of(line[1]));
    const Life life = {static_cast<uint32_t>(std::stoul(line[3])), static_cast<uint32_t>(std::stoul(line[4]))};
    FrameSealer sealer(cipher, static_cast<Role>(std::stoul(line[2])), life, static_cast<uint32_t>(std::stoul(line[5])));
    const Buffer plain = bytes_of(line[6]);
    Buffer to(plain.size() + kSealBytes);
    size_t size = 0;
    const Status status = sealer.seal(bytes(plain), writable(to), size);
    const std::string seen = status == Status::kOk ? hex_of(Bytes(to.data(), size)) : reason_of(status);
    CHECK_EQ(line[0] + " " + seen, line[0] + " " + line[7]);
  }
}

TEST(every_frame_of_the_vectors_is_opened_or_refused_for_its_reason) {
  const std::vector<Columns> lines = lines_of("open");
  CHECK(lines.size() > 35);
  for (const Columns& line : lines) {
    AesGcm cipher(bytes_of(line[1]));
    FrameOpener opener(cipher, static_cast<Role>(std::stoul(line[2])));
    for (size_t i = 3; i < line.size(); ++i) {
      const std::vector<std::string> step = split(line[i], '=');
      const std::string where = line[0] + " step " + std::to_string(i - 3) + " ";
      CHECK_EQ(where + outcome_of(opener, bytes_of(step[1])), where + step[0]);
    }
  }
}

TEST(a_frame_is_sealed_in_place_as_it_is_apart) {
  AesGcm cipher(kKey);
  for (const size_t size : {0u, 1u, 15u, 16u, 17u, 500u}) {
    const Buffer plain = plain_frame(size);
    FrameSealer apart(cipher, Role::kDevice, kLife), in_place(cipher, Role::kDevice, kLife);
    Buffer buffer = plain;
    buffer.resize(plain.size() + kSealBytes);
    size_t bytes_out = 0;
    CHECK_EQ(in_place.seal(Bytes(buffer.data(), plain.size()), writable(buffer), bytes_out), Status::kOk);
    CHECK(buffer == sealed(apart, plain));
  }
}

TEST(no_byte_is_written_past_the_buffer) {
  AesGcm cipher(kKey);
  FrameSealer sealer(cipher, Role::kDevice, kLife);
  const Buffer plain = plain_frame(100);
  size_t size = 0;
  for (size_t room = 0; room < plain.size() + kSealBytes; ++room) {
    Buffer small(room);  // the sanitizer sees the first byte beyond
    CHECK_EQ(sealer.seal(bytes(plain), writable(small), size), Status::kBufferTooSmall);
  }
}

TEST(every_flipped_bit_is_refused_with_and_without_a_mended_checksum) {
  AesGcm cipher(kKey);
  FrameSealer sealer(cipher, Role::kDevice, kLife);
  const Buffer good = sealed(sealer, plain_frame(20));
  FrameOpener opener(cipher, Role::kEdge);
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Buffer changed = good;
    changed[bit / 8] = static_cast<uint8_t>(changed[bit / 8] ^ (1u << bit % 8));
    CHECK(status_of(opener, changed) != Status::kOk);
    if (bit / 8 < 28 || bit / 8 >= kHeaderBytes) {
      mend(changed);
      CHECK(status_of(opener, changed) != Status::kOk);
    }
  }
  CHECK_EQ(opener.counters().opened, 0u);
  CHECK_EQ(status_of(opener, good), Status::kOk);  // none of it moved the window
}

TEST(every_truncation_is_refused_with_and_without_a_mended_size) {
  AesGcm cipher(kKey);
  FrameSealer sealer(cipher, Role::kDevice, kLife);
  const Buffer good = sealed(sealer, plain_frame(20));
  FrameOpener opener(cipher, Role::kEdge);
  for (size_t size = 0; size < good.size(); ++size) {
    Buffer cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(status_of(opener, cut) != Status::kOk);
    if (size >= kHeaderBytes) {
      store_u32(&cut[24], static_cast<uint32_t>(size - kHeaderBytes));
      mend(cut);
      CHECK(status_of(opener, cut) != Status::kOk);
    }
  }
  CHECK_EQ(status_of(opener, good), Status::kOk);
}

TEST(another_key_opens_nothing) {
  AesGcm cipher(kKey), other(Buffer(kKeyBytes, 0x5B));
  FrameSealer sealer(cipher, Role::kDevice, kLife);
  FrameOpener opener(other, Role::kEdge);
  for (uint32_t i = 1; i <= 20; ++i) {
    CHECK_EQ(status_of(opener, sealed(sealer, plain_frame(i, i))), Status::kForged);
  }
  CHECK_EQ(opener.counters().forged, 20u);
}

TEST(frames_in_any_order_within_the_window_are_opened_once_each) {
  std::mt19937 random(1);
  AesGcm cipher(kKey);
  FrameSealer sealer(cipher, Role::kDevice, kLife);
  std::vector<Buffer> frames;
  for (uint32_t i = 1; i <= 256; ++i) {
    frames.push_back(sealed(sealer, plain_frame(3, i)));
  }
  for (size_t at = 0; at < frames.size(); at += kReplayWindow) {
    std::shuffle(frames.begin() + static_cast<std::ptrdiff_t>(at),
                 frames.begin() + static_cast<std::ptrdiff_t>(at + kReplayWindow), random);
  }
  FrameOpener opener(cipher, Role::kEdge);
  for (const Buffer& frame : frames) {
    CHECK_EQ(status_of(opener, frame), Status::kOk);
    CHECK_EQ(status_of(opener, frame), Status::kReplayed);
  }
  CHECK_EQ(opener.counters().replayed, 256u);
}

// Against a set that forgets nothing: the window may refuse a new frame that is far behind, and never takes one twice.
TEST(the_window_never_takes_a_counter_twice) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    ReplayWindow window;
    std::set<uint32_t> taken;
    uint32_t highest = 0;
    for (int i = 0; i < 300; ++i) {
      const uint32_t counter = random() % 4 == 0 ? random() : highest + 40 - random() % 120;
      const bool fresh = window.check(kLife, counter) == Status::kOk;
      CHECK(!fresh || taken.count(counter) == 0);
      const bool near = counter != 0 && (taken.empty() || counter > highest || highest - counter < kReplayWindow);
      CHECK_EQ(fresh, near && taken.count(counter) == 0);
      if (fresh) {
        window.take(kLife, counter);
        taken.insert(counter);
        highest = std::max(highest, counter);
        CHECK_EQ(window.highest(), highest);
      }
    }
  }
}

TEST(a_boot_number_that_goes_backwards_is_refused) {
  AesGcm cipher(kKey);
  FrameSealer old(cipher, Role::kDevice, {6, 0xFFFFFF}), now(cipher, Role::kDevice, {7, 5}),
      erased(cipher, Role::kDevice, {1, 9}), next(cipher, Role::kDevice, {8, 0});
  FrameOpener opener(cipher, Role::kEdge);
  const Buffer recorded = sealed(old, plain_frame(8));
  CHECK_EQ(status_of(opener, recorded), Status::kOk);
  CHECK_EQ(status_of(opener, sealed(now, plain_frame(8))), Status::kOk);
  CHECK_EQ(status_of(opener, recorded), Status::kOldLife);
  CHECK_EQ(status_of(opener, sealed(old, plain_frame(8))), Status::kOldLife);
  CHECK_EQ(status_of(opener, sealed(erased, plain_frame(8))), Status::kOldLife);
  CHECK_EQ(status_of(opener, sealed(next, plain_frame(8))), Status::kOk);
  CHECK_EQ(opener.counters().old_life, 3u);
}

TEST(an_opener_that_resumes_takes_nothing_from_before) {
  AesGcm cipher(kKey);
  FrameSealer sealer(cipher, Role::kDevice, kLife);
  std::vector<Buffer> frames;
  for (uint32_t i = 1; i <= 40; ++i) {
    frames.push_back(sealed(sealer, plain_frame(4, i)));
  }
  FrameOpener opener(cipher, Role::kEdge);
  opener.window(Role::kDevice)->resume(kLife, 30);
  for (size_t i = 0; i < frames.size(); ++i) {
    CHECK_EQ(status_of(opener, frames[i]), i < 30 ? Status::kReplayed : Status::kOk);
  }
  CHECK(opener.window(Role::kEdge) == nullptr);
}

TEST(a_sealer_refuses_when_its_counter_is_used_up_and_never_wraps) {
  AesGcm cipher(kKey);
  FrameSealer sealer(cipher, Role::kDevice, kLife, UINT32_MAX - 2);
  const Buffer plain = plain_frame(8);
  const Buffer first = sealed(sealer, plain), last = sealed(sealer, plain);
  CHECK_EQ(read_nonce(&last[kHeaderBytes]).counter, UINT32_MAX);
  Buffer to(plain.size() + kSealBytes);
  size_t size = 0;
  for (int i = 0; i < 3; ++i) {
    CHECK_EQ(sealer.seal(bytes(plain), writable(to), size), Status::kExhausted);
  }
  CHECK_EQ(cipher.sealed, 2);
  CHECK(to == Buffer(to.size()));
}

TEST(a_nonce_is_spent_even_when_sealing_fails) {
  AesGcm cipher(kKey);
  FrameSealer sealer(cipher, Role::kDevice, kLife);
  const Buffer plain = plain_frame(8);
  Buffer to(plain.size() + kSealBytes);
  size_t size = 0;
  cipher.broken = true;
  CHECK_EQ(sealer.seal(bytes(plain), writable(to), size), Status::kCipher);
  cipher.broken = false;
  CHECK_EQ(read_nonce(&sealed(sealer, plain)[kHeaderBytes]).counter, 2u);
}

TEST(an_end_does_not_open_what_its_own_side_sealed) {
  AesGcm cipher(kKey);
  FrameSealer device(cipher, Role::kDevice, kLife), edge(cipher, Role::kEdge, kLife), tool(cipher, Role::kTool, kLife);
  const Buffer up = sealed(device, plain_frame(8));
  const Buffer down = sealed(edge, plain_frame(8)), command = sealed(tool, plain_frame(8, 1, Kind::kCommand));
  FrameOpener at_device(cipher, Role::kDevice), at_edge(cipher, Role::kEdge);
  CHECK_EQ(status_of(at_device, up), Status::kRole);
  CHECK_EQ(status_of(at_edge, down), Status::kRole);
  CHECK_EQ(status_of(at_edge, command), Status::kRole);
  CHECK_EQ(status_of(at_device, down), Status::kOk);
  CHECK_EQ(status_of(at_device, command), Status::kOk);
  // A role that is rewritten is a changed nonce.
  Buffer disguised = up;
  disguised[kHeaderBytes] = static_cast<uint8_t>(Role::kEdge);
  mend(disguised);
  CHECK_EQ(status_of(at_device, disguised), Status::kReplayed);
  FrameOpener fresh(cipher, Role::kDevice);
  CHECK_EQ(status_of(fresh, disguised), Status::kForged);
}

TEST(a_recorded_frame_costs_no_cipher_run) {
  AesGcm cipher(kKey);
  FrameSealer sealer(cipher, Role::kDevice, kLife);
  FrameOpener opener(cipher, Role::kEdge);
  const Buffer frame = sealed(sealer, plain_frame(8));
  CHECK_EQ(status_of(opener, frame), Status::kOk);
  for (int i = 0; i < 5; ++i) {
    CHECK_EQ(status_of(opener, frame), Status::kReplayed);
  }
  CHECK_EQ(cipher.opened, 1);
}

TEST(every_refusal_is_counted_once) {
  AesGcm cipher(kKey);
  FrameSealer sealer(cipher, Role::kEdge, kLife);
  FrameOpener opener(cipher, Role::kDevice);
  const Buffer good = sealed(sealer, plain_frame(8));
  status_of(opener, good);
  status_of(opener, good);
  status_of(opener, plain_frame(8));
  status_of(opener, Buffer());
  status_of(opener, Buffer(40));
  status_of(opener, sealed(sealer, plain_frame(8, 1, Kind::kCommand, 0)));
  const OpenCounters& counted = opener.counters();
  CHECK_EQ(counted.opened, 1u);
  CHECK_EQ(counted.replayed, 1u);
  CHECK_EQ(counted.plain, 1u);
  CHECK_EQ(counted.damaged, 2u);
  CHECK_EQ(counted.any_life, 1u);
  CHECK_EQ(counted.forged + counted.role + counted.old_life, 0u);
}
