#include "announcement.h"

namespace cutpoint {
namespace {

size_t put_text(const char* text, size_t at, uint8_t* to) {
  for (; *text != '\0'; ++text) {
    to[at++] = static_cast<uint8_t>(*text);
  }
  return at;
}

size_t put_number(uint32_t number, size_t at, uint8_t* to) {
  uint8_t digits[10];
  size_t count = 0;
  do {
    digits[count++] = static_cast<uint8_t>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count != 0) {
    to[at++] = digits[--count];
  }
  return at;
}

const char* presence_name(Presence presence) {
  switch (presence) {
    case Presence::kOnline:
      return "online";
    case Presence::kSleeping:
      return "sleeping";
    case Presence::kLost:
      return "lost";
  }
  return "lost";
}

}  // namespace

Bytes state_text(Presence presence, uint32_t boot, uint8_t (&to)[kStateTextBytes]) {
  size_t at = put_text("{\"state\": \"", 0, to);
  at = put_text(presence_name(presence), at, to);
  at = put_text("\", \"boot\": ", at, to);
  at = put_number(boot, at, to);
  at = put_text("}", at, to);
  return Bytes(to, at);
}

}  // namespace cutpoint
