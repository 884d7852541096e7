// Improv over serial: its packets, and the service that joins networks.
#include "serial/improv_service.h"

#include <string>
#include <vector>

#include "check.h"
#include "serial_packets.h"

using namespace cutpoint;
using namespace cutpoint::device;
using namespace packets;

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
