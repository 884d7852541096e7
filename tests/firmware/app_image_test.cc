// Application images: another chip, another project, a truncated or foreign file is refused before it could be started.
#include "update/esp_image.h"

#include "check.h"
#include "simulated_flash.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

constexpr uint16_t kEsp32 = 0;
constexpr uint16_t kEsp32C3 = 5;

// Header, two segments, checksum padding and the appended hash, as elf2image of esptool lays them out.
std::vector<uint8_t> make_app(uint16_t chip = kEsp32, const char* project = "cutpoint") {
  std::vector<uint8_t> image(24);
  image[0] = 0xE9;
  image[1] = 2;
  store_u16(&image[12], chip);
  image[23] = 1;
  for (const uint32_t bytes : {300u, 4000u}) {
    const size_t at = image.size();
    image.resize(at + 8 + bytes, 0x5A);
    store_u32(&image[at + 4], bytes);
  }
  store_u32(&image[32], 0xABCD5432);
  std::memset(&image[80], 0, 32);
  std::memcpy(&image[80], project, std::strlen(project));
  image.resize(image.size() + 16 - image.size() % 16 + 32);
  return image;
}

// The last note of a whole update with this file.
std::string outcome(const std::vector<uint8_t>& image, uint16_t chip = kEsp32,
                    UpdatePolicy policy = UpdatePolicy::kAll) {
  std::mt19937 random(1);
  Power power;
  SimulatedFlash flash(4 * kFlashSectorBytes, power, random);
  ReferenceSha256 hash;
  AppImageRule rule(chip);
  UpdateReceiver receiver(flash, hash, rule, nullptr, UpdateKind::kFirmware);
  receiver.set_policy(policy);
  const auto digest = sha256(Bytes(image.data(), image.size()));
  UpdateNote note = receiver.begin(static_cast<uint32_t>(image.size()), Bytes(digest.data(), digest.size()));
  for (uint32_t at = 0; receiver.active() && at < image.size(); at += 100) {
    note = receiver.data(at, Bytes(&image[at], std::min<size_t>(100, image.size() - at)));
  }
  if (receiver.active()) {
    note = receiver.end();
  }
  return std::string(update_state_name(note.state)) + ": " + note.text;
}

bool says(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(an_application_for_this_chip_is_taken) {
  CHECK_EQ(outcome(make_app()), std::string("trying: "));
  CHECK_EQ(outcome(make_app(kEsp32C3), kEsp32C3), std::string("trying: "));
}

TEST(an_application_needs_the_setting_all) {
  CHECK(says(outcome(make_app(), kEsp32, UpdatePolicy::kModel), "refused: "));
  CHECK(says(outcome(make_app(), kEsp32, UpdatePolicy::kModel), "set it to all"));
}

TEST(an_application_for_another_chip_is_refused_by_both_names) {
  const std::string why = outcome(make_app(kEsp32C3), kEsp32);
  CHECK(says(why, "failed: ") && says(why, "ESP32-C3") && says(why, "this chip is an ESP32"));
  CHECK(says(outcome(make_app(77), kEsp32), "chip 77"));
}

TEST(a_foreign_file_or_project_is_refused) {
  std::vector<uint8_t> image = make_app();
  image[0] = 0x7F;
  CHECK(says(outcome(image), "0xE9"));
  image = make_app();
  image[1] = 0;
  CHECK(says(outcome(image), "failed: "));
  image[1] = 17;
  CHECK(says(outcome(image), "failed: "));
  CHECK(says(outcome(make_app(kEsp32, "blink")), "not this project's"));
  CHECK(says(outcome(make_app(kEsp32, "cutpointy")), "not this project's"));
  image = make_app();
  image[32] ^= 1;
  CHECK(says(outcome(image), "not this project's"));
}

TEST(a_model_is_no_application_and_an_application_no_model) {
  const std::vector<uint8_t> model = make_slot_image(5000, 1);
  CHECK(says(outcome(model), "0xE9"));
  std::mt19937 random(1);
  Power power;
  SimulatedFlash flash(4 * kFlashSectorBytes, power, random);
  const std::vector<uint8_t> app = make_app();
  flash.write(0, Bytes(app.data(), app.size()));
  SlotImageRule rule;
  Sentence why;
  CHECK(!rule.accept_head(flash, static_cast<uint32_t>(app.size()), why));
  CHECK(says(why.text(), "CPSL"));
}

TEST(every_truncated_application_is_refused) {
  const std::vector<uint8_t> whole = make_app();
  for (size_t size = 145; size < whole.size(); size += size + 100 > whole.size() ? 1 : 97) {
    CHECK(says(outcome(std::vector<uint8_t>(whole.begin(), whole.begin() + static_cast<long>(size))), "truncated"));
  }
}

TEST(segments_of_any_stated_size_do_not_lead_out_of_the_image) {
  std::mt19937 random(2);
  for (int round = 0; round < 300; ++round) {
    std::vector<uint8_t> image = make_app();
    image[1] = static_cast<uint8_t>(1 + random() % 16);
    store_u32(&image[28], static_cast<uint32_t>(random()));
    store_u32(&image[24 + 8 + 300 + 4], static_cast<uint32_t>(random()));
    CHECK(says(outcome(image), "truncated"));
  }
}

TEST(the_head_is_checked_only_where_there_is_one) {
  Sentence why;
  const std::vector<uint8_t> image = make_app();
  CHECK(check_app_head(Bytes(image.data(), kAppHeadBytes), kEsp32, 5000, why));
  CHECK(why.empty());
  CHECK(!check_app_head(Bytes(image.data(), kAppHeadBytes - 1), kEsp32, 5000, why));
}
