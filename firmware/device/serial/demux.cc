#include "demux.h"

#include "../../core/crc32.h"

namespace cutpoint::device {
namespace {

constexpr uint8_t kImprovHead[] = {'I', 'M', 'P', 'R', 'O', 'V', kImprovVersion};
constexpr size_t kImprovLengthAt = 8;
constexpr size_t kPictureSizeEnd = 8;
constexpr size_t kPictureSizeTop = 7;  // its highest byte

}  // namespace

void SerialDemux::back_to_text() {
  state_ = State::kText;
  packet_size_ = 0;
}

size_t SerialDemux::push(Bytes bytes, uint32_t now_ms, SerialEvent& event) {
  event = SerialEvent();
  if (!bytes.empty() && state_ != State::kText && now_ms - last_ms_ >= kPacketTimeoutMs) {
    tick(now_ms, event);
    if (event.kind != SerialEventKind::kNone) {
      return 0;
    }
  }
  size_t at = 0;
  while (event.kind == SerialEventKind::kNone && (replay_at_ < replay_end_ || at < bytes.size())) {
    if (replay_at_ < replay_end_) {
      text_byte(held_[replay_at_++], event);
      continue;
    }
    last_ms_ = now_ms;
    switch (state_) {
      case State::kText:
        text_byte(bytes[at++], event);
        break;
      case State::kImprov:
        improv_byte(bytes[at++], event);
        break;
      case State::kPictureHead:
        picture_head_byte(bytes[at++], event);
        break;
      case State::kPictureData:
        at += picture_data(bytes.from(at), event);
        break;
      case State::kPictureSkip:
        at += picture_skip(bytes.from(at), event);
        break;
    }
  }
  return at;
}

void SerialDemux::tick(uint32_t now_ms, SerialEvent& event) {
  event = SerialEvent();
  if (state_ == State::kText || now_ms - last_ms_ < kPacketTimeoutMs) {
    return;
  }
  switch (state_) {
    case State::kImprov:
      event.kind = SerialEventKind::kImprovRefused;
      break;
    case State::kPictureHead:
      if (packet_size_ < kPictureSizeEnd) {  // the end of a line that somebody types
        replay_head();
        push(Bytes(), now_ms, event);
        return;
      }
      event.kind = SerialEventKind::kPictureRefused;
      event.why = "the picture's head was never finished";
      break;
    case State::kPictureData:
      sink_.end_picture(false);
      event.kind = SerialEventKind::kPictureRefused;
      event.why = "the picture was never finished: it stopped for two seconds";
      break;
    default:
      event.kind = SerialEventKind::kPictureRefused;
      event.why = picture_why_;
      break;
  }
  line_size_ = 0;
  line_too_long_ = false;
  back_to_text();
}

// Every byte goes to the line; when its end turns out to be a packet's head, that is taken back.
void SerialDemux::text_byte(uint8_t byte, SerialEvent& event) {
  if (byte == '\n' || byte == '\r') {
    if (line_too_long_) {
      event.kind = SerialEventKind::kLineRefused;
      event.why = "the line is too long: 512 characters at most";
    } else if (line_size_ != 0) {
      event.kind = SerialEventKind::kLine;
      event.line = Text(line_, line_size_);
    }
    line_size_ = 0;
    line_too_long_ = false;
    tail_size_ = 0;
    return;
  }
  if (tail_size_ == sizeof tail_) {
    move_bytes(tail_, tail_ + 1, sizeof tail_ - 1);
    --tail_size_;
  }
  tail_[tail_size_++] = byte;
  if (ends_with(kImprovHead, sizeof kImprovHead)) {
    begin_packet(State::kImprov, sizeof kImprovHead);
  } else if (ends_with(kPictureMagic, kPictureMagicBytes)) {
    begin_packet(State::kPictureHead, kPictureMagicBytes);
  } else {
    add_to_line(byte);
  }
}

bool SerialDemux::ends_with(const uint8_t* head, size_t size) const {
  return tail_size_ >= size && equal_bytes(tail_ + tail_size_ - size, head, size);
}

// The last `size` bytes are a packet's; all but the newest lie at the end of the line.
void SerialDemux::begin_packet(State state, size_t size) {
  copy_bytes(held_, tail_ + tail_size_ - size, size);
  packet_size_ = size;
  line_size_ -= line_size_ < size - 1 ? line_size_ : size - 1;
  tail_size_ = 0;
  state_ = state;
}

void SerialDemux::add_to_line(uint8_t byte) {
  if (line_size_ < sizeof line_) {
    line_[line_size_++] = static_cast<char>(byte);
  } else {
    line_too_long_ = true;
  }
}

// What was taken for a picture's head is text.
void SerialDemux::replay_head() {
  for (size_t i = 0; i < kPictureMagicBytes; ++i) {
    add_to_line(held_[i]);
  }
  replay_at_ = kPictureMagicBytes;
  replay_end_ = packet_size_;
  back_to_text();
}

void SerialDemux::improv_byte(uint8_t byte, SerialEvent& event) {
  held_[packet_size_++] = byte;
  if (packet_size_ <= kImprovLengthAt || packet_size_ < kImprovOverheadBytes + held_[kImprovLengthAt]) {
    return;
  }
  const bool good = read_improv(Bytes(held_, packet_size_), event.improv) == Status::kOk;
  event.kind = good ? SerialEventKind::kImprov : SerialEventKind::kImprovRefused;
  back_to_text();
}

void SerialDemux::picture_head_byte(uint8_t byte, SerialEvent& event) {
  held_[packet_size_++] = byte;
  if (packet_size_ == kPictureSizeEnd && held_[kPictureSizeTop] != 0) {
    return replay_head();
  }
  if (packet_size_ < kPictureHeadBytes) {
    return;
  }
  picture_left_ = load_u32(held_ + 4);
  picture_stated_crc_ = load_u32(held_ + 8);
  picture_crc_ = 0;
  picture_at_ = 0;
  back_to_text();
  if (picture_left_ == 0 || picture_left_ > kMostPictureBytes) {
    event.kind = SerialEventKind::kPictureRefused;
    event.why = picture_left_ == 0 ? "a picture of no bytes" : "a picture of more than a megabyte is none";
    return;
  }
  picture_why_ = "";
  picture_ = sink_.begin_picture(picture_left_, picture_why_);
  state_ = picture_.size() == picture_left_ ? State::kPictureData : State::kPictureSkip;
}

size_t SerialDemux::picture_data(Bytes bytes, SerialEvent& event) {
  const size_t count = bytes.size() < picture_left_ ? bytes.size() : picture_left_;
  copy_bytes(picture_.data() + picture_at_, bytes.data(), count);
  picture_crc_ = crc32(picture_crc_, bytes.first(count));
  picture_at_ += count;
  picture_left_ -= static_cast<uint32_t>(count);
  if (picture_left_ == 0) {
    const bool good = picture_crc_ == picture_stated_crc_;
    sink_.end_picture(good);
    event.kind = good ? SerialEventKind::kPicture : SerialEventKind::kPictureRefused;
    event.why = good ? "" : "the picture's CRC-32 is wrong: bytes were lost or changed on the line";
    back_to_text();
  }
  return count;
}

size_t SerialDemux::picture_skip(Bytes bytes, SerialEvent& event) {
  const size_t count = bytes.size() < picture_left_ ? bytes.size() : picture_left_;
  picture_left_ -= static_cast<uint32_t>(count);
  if (picture_left_ == 0) {
    event.kind = SerialEventKind::kPictureRefused;
    event.why = picture_why_;
    back_to_text();
  }
  return count;
}

}  // namespace cutpoint::device
