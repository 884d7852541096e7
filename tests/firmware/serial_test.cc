// The serial line: lines, Improv packets and pictures taken apart, whatever lies between them.
#include "serial/demux.h"

#include <random>
#include <string>
#include <vector>

#include "check.h"
#include "crc32.h"
#include "serial/improv_service.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

using Buffer = std::vector<uint8_t>;

Bytes bytes(const Buffer& buffer) { return Bytes(buffer.data(), buffer.size()); }
Buffer buffer(const std::string& text) { return Buffer(text.begin(), text.end()); }
std::string string_of(Text text) { return std::string(text.data(), text.size()); }

Buffer picture_packet(const Buffer& data) {
  uint8_t head[kPictureHeadBytes];
  write_picture_head(bytes(data), head);
  Buffer packet(head, head + sizeof head);
  packet.insert(packet.end(), data.begin(), data.end());
  return packet;
}

Buffer improv_packet(uint8_t type, const Buffer& data) {
  uint8_t to[kMaxImprovBytes];
  size_t size = 0;
  CHECK(write_improv(type, bytes(data), MutableBytes(to), size) == Status::kOk);
  return Buffer(to, to + size);
}

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

TEST(improv_packets_are_what_the_specification_says) {
  // "IMPROV", version 1, type 1 (current state), length 1, state 2, checksum.
  const Buffer ready = {'I', 'M', 'P', 'R', 'O', 'V', 1, 1, 1, 2, 0xE2};
  CHECK(improv_packet(1, {2}) == ready);
  ImprovPacket packet;
  REQUIRE(read_improv(bytes(ready), packet) == Status::kOk);
  CHECK_EQ(packet.type, 1);
  CHECK_EQ(packet.data.size(), size_t{1});
  for (size_t i = 0; i < ready.size(); ++i) {
    CHECK(read_improv(bytes(ready).first(i), packet) == Status::kTruncated);
    Buffer spoilt = ready;
    spoilt[i] ^= 0x80;
    CHECK(read_improv(bytes(spoilt), packet) != Status::kOk);
  }
  Buffer longer = ready;
  longer.push_back('\n');
  CHECK(read_improv(bytes(longer), packet) == Status::kTrailing);
  uint8_t small[10];
  size_t size = 0;
  CHECK(write_improv(1, Bytes(small, 5), MutableBytes(small), size) == Status::kBufferTooSmall);
}

TEST(a_request_is_read_strictly) {
  ImprovRequest request;
  const Buffer good = {1, 9, 3, 'n', 'e', 't', 4, 'p', 'a', 's', 's'};
  REQUIRE(read_improv_request(bytes(good), request) == Status::kOk);
  CHECK_EQ(string_of(request.ssid), std::string("net"));
  CHECK_EQ(string_of(request.password), std::string("pass"));
  for (size_t i = 0; i < good.size(); ++i) {
    CHECK(read_improv_request(bytes(good).first(i), request) != Status::kOk);
  }
  CHECK(read_improv_request(bytes({1, 2, 0, 0}), request) == Status::kCount);                    // no name
  CHECK(read_improv_request(bytes({1, 4, 1, 0, 1, 'x'}), request) == Status::kCount);            // a zero in it
  CHECK(read_improv_request(bytes({1, 4, 1, 'n', 0, 'x'}), request) == Status::kTrailing);
  CHECK(read_improv_request(bytes({2, 0}), request) == Status::kOk);
  CHECK_EQ(request.command, 2);
}

namespace {

struct Wifi final : ImprovTarget {
  bool has_wifi() override { return wifi; }
  bool online() override { return is_online; }
  bool join(Text name, Text secret) override {
    ssid = string_of(name);
    password = string_of(secret);
    return joins;
  }
  void go_back() override { ++returns; }
  bool keep(Text name, Text) override {
    kept = string_of(name);
    return true;
  }
  const char* firmware() override { return "cutpoint"; }
  const char* version() override { return "1.0"; }
  const char* chip() override { return "esp32"; }
  const char* device() override { return "cam-1"; }
  int scan() override { return heard_count; }
  bool heard(int index, HeardNetwork& network) override {
    network = {text_of(index == 0 ? "hall" : "yard"), -40 - index, index == 0};
    return true;
  }
  bool wifi = true;
  bool is_online = false;
  bool joins = true;
  int heard_count = 2;
  int returns = 0;
  std::string ssid, password, kept;
};

struct Out final : ImprovOutput {
  void packet(Bytes whole) override {
    ImprovPacket read;
    CHECK(read_improv(whole, read) == Status::kOk);
    types.push_back(read.type);
    datas.emplace_back(read.data.begin(), read.data.end());
  }
  std::vector<uint8_t> types;
  std::vector<Buffer> datas;
};

struct Service {
  Wifi wifi;
  Out out;
  ImprovService service{wifi, out};
  void ask(const Buffer& data, uint32_t now_ms = 0) {
    ImprovPacket packet;
    packet.type = 3;
    packet.data = bytes(data);
    service.take(packet, now_ms);
  }
};

const Buffer kJoin = {1, 9, 3, 'n', 'e', 't', 4, 'p', 'a', 's', 's'};

}  // namespace

TEST(a_network_that_is_joined_is_kept_and_told) {
  Service board;
  board.ask(kJoin);
  CHECK_EQ(board.wifi.ssid, std::string("net"));
  CHECK_EQ(board.wifi.password, std::string("pass"));
  CHECK(board.out.types == std::vector<uint8_t>({2, 1}));  // no error, provisioning
  CHECK(board.out.datas[1] == Buffer{3});
  board.service.tick(1000);
  CHECK_EQ(board.wifi.kept, std::string());
  board.wifi.is_online = true;
  board.service.tick(3000);
  CHECK_EQ(board.wifi.kept, std::string("net"));
  CHECK(board.out.types == std::vector<uint8_t>({2, 1, 1, 4}));
  CHECK(board.out.datas[2] == Buffer{4});
  CHECK(board.out.datas[3] == Buffer({1, 0}));
}

TEST(a_network_that_does_not_let_the_board_in_is_not_kept) {
  Service board;
  board.ask(kJoin, 1000);
  board.service.tick(1000 + kImprovJoinMs - 1);
  CHECK_EQ(board.out.types.size(), size_t{2});
  board.service.tick(1000 + kImprovJoinMs);
  CHECK(board.out.types == std::vector<uint8_t>({2, 1, 2, 1}));
  CHECK(board.out.datas[2] == Buffer{3});
  CHECK(board.out.datas[3] == Buffer{2});
  CHECK_EQ(board.wifi.kept, std::string());
  CHECK_EQ(board.wifi.returns, 1);
}

TEST(a_board_that_was_online_waits_for_the_new_network_not_the_old_one) {
  Service board;
  board.wifi.is_online = true;
  board.ask(kJoin);
  board.service.tick(100);
  CHECK_EQ(board.wifi.kept, std::string());
  board.wifi.is_online = false;
  board.service.tick(200);
  board.wifi.is_online = true;
  board.service.tick(300);
  CHECK_EQ(board.wifi.kept, std::string("net"));
}

TEST(state_information_and_networks_are_told) {
  Service board;
  board.ask({2, 0});
  CHECK(board.out.datas.back() == Buffer{2});
  board.wifi.is_online = true;
  board.ask({2, 0});
  CHECK(board.out.datas.back() == Buffer{4});
  board.ask({3, 0});
  CHECK(board.out.datas.back() ==
        Buffer({3, 25, 8, 'c', 'u', 't', 'p', 'o', 'i', 'n', 't', 3, '1', '.', '0', 5, 'e', 's', 'p', '3', '2', 5, 'c',
                'a', 'm', '-', '1'}));
  board.out.types.clear();
  board.out.datas.clear();
  board.ask({4, 0});
  REQUIRE(board.out.types == std::vector<uint8_t>({4, 4, 4}));
  CHECK(board.out.datas[0] == Buffer({4, 13, 4, 'h', 'a', 'l', 'l', 3, '-', '4', '0', 3, 'Y', 'E', 'S'}));
  CHECK(board.out.datas[2] == Buffer({4, 0}));
}

TEST(what_cannot_be_done_is_an_error_of_the_specification) {
  Service board;
  board.ask({99, 0});
  CHECK(board.out.datas.back() == Buffer{2});  // unknown command
  board.ask({1, 5, 9});
  CHECK(board.out.datas.back() == Buffer{1});  // invalid
  board.wifi.heard_count = -1;
  board.ask({4, 0});
  CHECK(board.out.datas.back() == Buffer{255});
  board.wifi.joins = false;
  board.ask(kJoin);
  CHECK(board.out.datas[board.out.datas.size() - 2] == Buffer{3});  // unable to connect, then the state again
  board.wifi.wifi = false;
  board.ask(kJoin);
  CHECK(board.out.datas.back() == Buffer{3});
  ImprovPacket echo;
  echo.type = 1;
  const size_t before = board.out.types.size();
  board.service.take(echo, 0);
  CHECK_EQ(board.out.types.size(), before);
}
