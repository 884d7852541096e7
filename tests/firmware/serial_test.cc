// The serial line: lines, Improv packets and pictures taken apart, whatever lies between them.
#include "serial/demux.h"

#include <random>
#include <string>
#include <vector>

#include "check.h"
#include "crc32.h"
#include "serial_packets.h"

using namespace cutpoint;
using namespace cutpoint::device;
using namespace packets;

namespace {

struct Sink final : PictureSink {
  MutableBytes begin_picture(uint32_t size, const char*& why) override {
    if (size != memory.size()) {
      why = "another size";
      return MutableBytes();
    }
    CHECK(!open);
    open = true;
    return MutableBytes(memory.data(), memory.size());
  }
  void end_picture(bool good) override {
    CHECK(open);
    open = false;
    good_ones += good ? 1 : 0;
  }
  Buffer memory = Buffer(300);
  bool open = false;
  int good_ones = 0;
};

struct Seen {
  std::vector<std::string> lines;
  std::vector<Buffer> improv;
  int pictures = 0;
  int refused = 0;
  int improv_refused = 0;
  std::string why;
};

struct Line {
  Sink sink;
  SerialDemux demux{sink};
  Seen seen;
  uint32_t now_ms = 0;

  void count(const SerialEvent& event) {
    switch (event.kind) {
      case SerialEventKind::kNone:
        return;
      case SerialEventKind::kLine:
        seen.lines.push_back(string_of(event.line));
        return;
      case SerialEventKind::kImprov:
        seen.improv.emplace_back(event.improv.data.begin(), event.improv.data.end());
        return;
      case SerialEventKind::kImprovRefused:
        ++seen.improv_refused;
        return;
      case SerialEventKind::kPicture:
        ++seen.pictures;
        return;
      case SerialEventKind::kLineRefused:
      case SerialEventKind::kPictureRefused:
        ++seen.refused;
        seen.why = event.why;
        CHECK(*event.why != '\0');
        return;
    }
  }
  void push(const Buffer& all, size_t piece = SIZE_MAX) {
    for (size_t at = 0; at < all.size(); at += piece) {
      Bytes left(all.data() + at, all.size() - at < piece ? all.size() - at : piece);
      SerialEvent event;
      do {
        left = left.from(demux.push(left, now_ms, event));
        count(event);
      } while (event.kind != SerialEventKind::kNone);
      CHECK(left.empty());
      if (piece == SIZE_MAX) {
        break;
      }
    }
  }
  void push(const std::string& text, size_t piece = SIZE_MAX) { push(buffer(text), piece); }
  void pass(uint32_t ms) {
    now_ms += ms;
    SerialEvent event;
    demux.tick(now_ms, event);
    count(event);
    push(Buffer());
    SerialEvent rest;
    while (demux.push(Bytes(), now_ms, rest), rest.kind != SerialEventKind::kNone) {
      count(rest);
    }
  }
};

Buffer noise(std::mt19937& random, size_t size) {
  Buffer made(size);
  for (uint8_t& byte : made) {
    byte = static_cast<uint8_t>(random());
  }
  return made;
}

}  // namespace

TEST(lines_end_with_any_line_end_and_empty_ones_are_none) {
  Line line;
  line.push("status\nget name\r\n\r\n\rcut 3\r");
  CHECK_EQ(line.seen.lines.size(), size_t{3});
  CHECK_EQ(line.seen.lines[1], std::string("get name"));
  CHECK_EQ(line.seen.lines[2], std::string("cut 3"));
}

TEST(a_line_that_is_too_long_is_refused_once_and_the_next_one_is_taken) {
  Line line;
  line.push(std::string(5000, 'x') + "\nstatus\n");
  CHECK_EQ(line.seen.refused, 1);
  CHECK_EQ(line.seen.lines.size(), size_t{1});
  line.push(std::string(kConsoleLineBytes, 'y') + "\n");
  CHECK_EQ(line.seen.lines.size(), size_t{2});
}

TEST(a_line_never_times_out) {
  Line line;
  line.push("sta");
  line.pass(60000);
  line.push("tus\n");
  REQUIRE(line.seen.lines.size() == 1);
  CHECK_EQ(line.seen.lines[0], std::string("status"));
}

TEST(a_picture_comes_through_in_pieces_of_any_size) {
  std::mt19937 random(1);
  for (size_t piece = 1; piece < 320; piece += 7) {
    Line line;
    const Buffer data = noise(random, 300);
    line.push(picture_packet(data), piece);
    CHECK_EQ(line.seen.pictures, 1);
    CHECK(line.sink.memory == data);
  }
}

TEST(a_picture_whose_size_holds_a_line_end_is_one) {
  for (size_t size : {size_t{0x0A}, size_t{0x0D}, size_t{0x0A0A}}) {
    Line line;
    line.sink.memory.resize(size);
    line.push(picture_packet(Buffer(size, 7)), 1);
    CHECK_EQ(line.seen.pictures, 1);
  }
}

TEST(a_changed_picture_is_refused_and_the_next_one_taken) {
  Line line;
  Buffer packet = picture_packet(Buffer(300, 9));
  packet.back() ^= 0x40;
  line.push(packet);
  CHECK_EQ(line.seen.refused, 1);
  CHECK_EQ(line.sink.good_ones, 0);
  line.push(picture_packet(Buffer(300, 9)));
  CHECK_EQ(line.seen.pictures, 1);
}

TEST(a_picture_of_another_size_is_passed_over_whole) {
  Line line;
  Buffer data = buffer("\nrestart\n");
  data.resize(100, '\n');
  line.push(picture_packet(data));
  CHECK_EQ(line.seen.refused, 1);
  CHECK(line.seen.lines.empty());
  line.push("status\n");
  CHECK_EQ(line.seen.lines.size(), size_t{1});
}

TEST(a_picture_of_no_bytes_or_of_megabytes_is_no_packet_to_wait_for) {
  Line line;
  line.push(Buffer{'C', 'P', 'I', 'X', 0, 0, 0, 0, 1, 2, 3, 4});
  line.push(Buffer{'C', 'P', 'I', 'X', 0, 0, 0x20, 0, 1, 2, 3, 4});
  CHECK_EQ(line.seen.refused, 2);
  line.push(Buffer{'C', 'P', 'I', 'X', 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, '\n'});
  line.push("status\n");
  CHECK_EQ(line.seen.lines.back(), std::string("status"));
}

TEST(half_a_picture_is_given_up_after_two_seconds) {
  Line line;
  Buffer packet = picture_packet(Buffer(300, 1));
  line.push(Buffer(packet.begin(), packet.begin() + 150));
  line.pass(1999);
  CHECK_EQ(line.seen.refused, 0);
  line.pass(1);
  CHECK_EQ(line.seen.refused, 1);
  line.push(packet);
  CHECK_EQ(line.seen.pictures, 1);
  line.push(Buffer(packet.begin(), packet.begin() + 10));  // half a head
  line.now_ms += 5000;                                     // nobody called tick
  line.push(packet);
  CHECK_EQ(line.seen.pictures, 2);
}

TEST(words_that_begin_like_packets_are_words) {
  Line line;
  line.push("set name CPIX1234\nset name IMPROVED\nCPIX\nCPCPIX\nIMPROV 1\n");
  line.pass(3000);
  REQUIRE(line.seen.lines.size() == 5);
  CHECK_EQ(line.seen.lines[0], std::string("set name CPIX1234"));
  CHECK_EQ(line.seen.lines[1], std::string("set name IMPROVED"));
  CHECK_EQ(line.seen.lines[2], std::string("CPIX"));
  CHECK_EQ(line.seen.lines[3], std::string("CPCPIX"));
  line.push("set name CPIX");
  line.pass(3000);
  line.push("\n");
  CHECK_EQ(line.seen.lines.back(), std::string("set name CPIX"));
}

TEST(packets_are_found_behind_garbage_and_within_a_line) {
  Line line;
  Buffer all = buffer("noise without an end \xff\xfe");
  const Buffer packet = picture_packet(Buffer(300, 3));
  all.insert(all.end(), packet.begin(), packet.end());
  const Buffer improv = improv_packet(3, {2, 0});
  all.insert(all.end(), improv.begin(), improv.end());
  const Buffer tail = buffer("\n");
  all.insert(all.end(), tail.begin(), tail.end());
  line.push(all, 3);
  CHECK_EQ(line.seen.pictures, 1);
  CHECK_EQ(line.seen.improv.size(), size_t{1});
}

TEST(random_mixtures_give_every_good_packet_and_line) {
  std::mt19937 random(7);
  for (int round = 0; round < 400; ++round) {
    Line line;
    Buffer all;
    int pictures = 0;
    size_t improvs = 0;
    size_t lines = 0;
    for (unsigned i = random() % 12; i > 0; --i) {
      Buffer part;
      switch (random() % 4) {
        case 0:
          part = picture_packet(noise(random, 300));
          ++pictures;
          break;
        case 1:
          part = improv_packet(static_cast<uint8_t>(random()), noise(random, random() % 256));
          ++improvs;
          break;
        case 2:
          part = buffer("cut 5\n");
          ++lines;
          break;
        default: {
          Buffer other = noise(random, random() % 200);  // a picture nobody has room for
          part = picture_packet(other);
          break;
        }
      }
      all.insert(all.end(), part.begin(), part.end());
    }
    line.push(all, 1 + random() % 64);
    CHECK_EQ(line.seen.pictures, pictures);
    CHECK_EQ(line.seen.improv.size(), improvs);
    CHECK_EQ(line.seen.lines.size(), lines);
  }
}

TEST(after_any_noise_and_a_pause_the_next_line_and_picture_are_taken) {
  std::mt19937 random(9);
  for (int round = 0; round < 500; ++round) {
    Line line;
    Buffer mess = noise(random, random() % 700);
    const Buffer whole = random() % 2 == 0 ? picture_packet(Buffer(300, 5)) : improv_packet(3, Buffer(90, 1));
    mess.insert(mess.end(), whole.begin(), whole.begin() + static_cast<long>(random() % whole.size()));
    line.push(mess);
    line.pass(2000);
    line.push("\n");
    line.seen = Seen();
    line.push(picture_packet(Buffer(300, 6)));
    line.push("status\n");
    CHECK_EQ(line.seen.pictures, 1);
    REQUIRE(!line.seen.lines.empty());
    CHECK_EQ(line.seen.lines.back(), std::string("status"));
    CHECK(!line.sink.open);
  }
}
