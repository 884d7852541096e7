#include "about.h"

#include "../settings/schema.h"

namespace cutpoint::device {
namespace {

void put(JsonWriter& json, const char* name, const char* value) {
  if (value != nullptr && *value != '\0') {
    json.text(name, value);
  }
}

void put(JsonWriter& json, const char* name, uint32_t value) {
  if (value != 0) {
    json.number(name, value);
  }
}

// Left out when they are all.
void put_cuts(JsonWriter& json, const CutSet& cuts, uint16_t operators) {
  constexpr size_t longest = sizeof(",65535-65535") - 1;
  Sentence ranges;
  bool all = true;
  size_t cut = 0;
  while (cut <= operators) {
    size_t end = cut;
    while (end <= operators && cuts.has(end)) {
      ++end;
    }
    all = all && end == size_t{operators} + 1;
    if (end != cut && ranges.size() + longest <= kMostCutsText) {
      ranges.add(ranges.empty() ? "" : ",").add(static_cast<uint32_t>(cut));
      if (end != cut + 1) {
        ranges.add("-").add(static_cast<uint32_t>(end - 1));
      }
    }
    cut = end + 1;
  }
  if (!all) {
    json.text("cuts", ranges.text());
  }
}

}  // namespace

Text write_about(const About& about, Span<char> to) {
  JsonWriter json(to);
  json.hex("model", Bytes(about.model.bytes));
  json.number("operators", about.operators).number("boot", about.boot);
  put(json, "firmware", about.firmware);
  put(json, "app", about.app);
  put(json, "idf", about.idf);
  put(json, "board", about.board);
  put(json, "chip", about.chip);
  put(json, "engine", about.engine);
  json.array("codecs").element(text_of("raw")).element(text_of("bitmap"));
  if (about.jpeg) {
    json.element(text_of("jpeg"));
  }
  if (about.calibrated) {
    json.element(text_of("lowbit")).element(text_of("rans")).element(text_of("slicer"));
    if (about.history != 0) {
      json.element(text_of("delta"));
    }
  }
  json.end();
  if (about.calibrated) {
    // As numbers are written, the highest digit first.
    const uint8_t version[] = {static_cast<uint8_t>(about.tables >> 24), static_cast<uint8_t>(about.tables >> 16),
                               static_cast<uint8_t>(about.tables >> 8), static_cast<uint8_t>(about.tables)};
    json.hex("tables", Bytes(version)).number("history", about.history);
  }
  put_cuts(json, about.cuts, about.operators);
  if (about.overlap) {
    json.truth("overlap", true);
  }
  json.truth("partial", true);  // the session takes such answers, on every board
  put(json, "free_ram", about.free_ram);
  put(json, "max_payload", about.max_payload);
  put(json, "reset", about.reset);
  put(json, "crash", about.crash);
  if (about.safe_mode) {
    json.truth("safe_mode", true);
  }
  json.text("update", choice_word(*find_setting(text_of("update")), static_cast<uint32_t>(about.update)));
  put(json, "slot_bytes", about.slot_bytes);
  put(json, "energy", about.energy);
  Text written;
  json.finish(written);
  return written;
}

}  // namespace cutpoint::device
