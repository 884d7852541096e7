// Takes what comes on a serial line apart: lines of text, Improv packets, pictures. Garbage costs only itself.
//
// A packet may begin anywhere: "IMPROV" followed by the byte 1, or "CPIX" followed by a size whose highest byte is 0.
// No text holds either. A line never times out, since people type slowly; a packet that stops for two seconds does.
#ifndef CUTPOINT_DEVICE_SERIAL_DEMUX_H_
#define CUTPOINT_DEVICE_SERIAL_DEMUX_H_

#include <stddef.h>
#include <stdint.h>

#include "../console/command.h"
#include "improv.h"
#include "picture_packet.h"

namespace cutpoint::device {

constexpr uint32_t kPacketTimeoutMs = 2000;

enum class SerialEventKind : uint8_t {
  kNone,
  kLine,           // `line`
  kLineRefused,    // `why`: a line that was too long
  kImprov,         // `improv`
  kImprovRefused,  // a wrong sum, or a packet that was never finished
  kPicture,        // whole and right, in the sink
  kPictureRefused,  // `why`
};

// What is pointed to holds until the next push or tick.
struct SerialEvent {
  SerialEventKind kind = SerialEventKind::kNone;
  Text line;
  ImprovPacket improv;
  const char* why = "";
};

class SerialDemux {
 public:
  // `sink` must outlive this.
  explicit SerialDemux(PictureSink& sink) : sink_(sink) {}

  // Takes bytes up to the end of the first event; returns how many. Push the rest, even when it is empty, until the event
  // is kNone: then all were taken.
  size_t push(Bytes bytes, uint32_t now_ms, SerialEvent& event);
  // Gives up a packet that has not gone on for kPacketTimeoutMs. Call it every 100 ms or so.
  void tick(uint32_t now_ms, SerialEvent& event);

 private:
  enum class State : uint8_t { kText, kImprov, kPictureHead, kPictureData, kPictureSkip };

  void text_byte(uint8_t byte, SerialEvent& event);
  bool ends_with(const uint8_t* head, size_t size) const;
  void begin_packet(State state, size_t size);
  void replay_head();
  void add_to_line(uint8_t byte);
  void improv_byte(uint8_t byte, SerialEvent& event);
  void picture_head_byte(uint8_t byte, SerialEvent& event);
  size_t picture_data(Bytes bytes, SerialEvent& event);
  size_t picture_skip(Bytes bytes, SerialEvent& event);
  void back_to_text();

  PictureSink& sink_;
  State state_ = State::kText;
  bool line_too_long_ = false;
  size_t line_size_ = 0;
  size_t tail_size_ = 0;
  uint8_t tail_[kImprovMagicBytes + 1];  // the newest bytes of the line: they may begin a packet
  size_t replay_at_ = 0;                 // bytes of held_ that were no packet's after all
  size_t replay_end_ = 0;
  size_t packet_size_ = 0;  // of held_ in packet states
  uint32_t last_ms_ = 0;
  uint32_t picture_left_ = 0;
  uint32_t picture_crc_ = 0;
  uint32_t picture_stated_crc_ = 0;
  MutableBytes picture_;
  size_t picture_at_ = 0;
  const char* picture_why_ = "";
  char line_[kConsoleLineBytes];
  uint8_t held_[kMaxImprovBytes];  // of a packet's beginning
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SERIAL_DEMUX_H_
