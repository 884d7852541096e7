// A picture becomes its tensor line by line, equal byte for byte to the whole, out of the stated scratch memory alone.
#include "picture/picture_lines.h"

#include <memory>
#include <random>

#include "check.h"
#include "picture/fed_input.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

struct Scene {
  std::vector<uint8_t> pixels;
  PictureView view;
  PictureInput input;
  std::vector<uint8_t> whole;  // the tensor, converted at once

  size_t scratch_bytes() const { return input.scratch_bytes(view.width, view.height, view.format); }
};

// A heap block of exactly so many bytes: the address sanitizer sees the first one too many.
struct Scratch {
  explicit Scratch(size_t bytes) : memory(new uint8_t[bytes]), bytes(bytes) {}
  MutableBytes get() { return MutableBytes(memory.get(), bytes); }
  std::unique_ptr<uint8_t[]> memory;
  size_t bytes;
};

std::unique_ptr<Scene> scene(uint16_t width, uint16_t height, PixelFormat format, const PictureTensor& tensor,
                             uint32_t seed) {
  auto made = std::make_unique<Scene>();
  std::mt19937 chance(seed);
  made->pixels.resize(pixel_bytes(format) * width * height);
  for (uint8_t& byte : made->pixels) {
    byte = static_cast<uint8_t>(chance());
  }
  made->view = {Bytes(made->pixels.data(), made->pixels.size()), width, height, format};
  Sentence why;
  CHECK(made->input.begin(tensor, why));
  made->whole.resize(tensor.bytes());
  Scratch scratch(made->scratch_bytes());
  CHECK(made->input.fill(made->view, MutableBytes(made->whole.data(), made->whole.size()), scratch.get(), why));
  return made;
}

PictureTensor tensor(uint16_t width, uint16_t height, uint8_t channels, DType dtype = DType::kInt8) {
  return {dtype, width, height, channels, dtype != DType::kFloat32, 1.0f / 255, -128};
}

// From a camera, an enlargement, a size that fits, a tall strip, a tensor of four bytes an element.
std::vector<std::unique_ptr<Scene>> scenes() {
  std::vector<std::unique_ptr<Scene>> all;
  all.push_back(scene(240, 240, PixelFormat::kRgb565, tensor(96, 96, 3), 1));
  all.push_back(scene(160, 120, PixelFormat::kRgb565, tensor(96, 96, 1), 2));
  all.push_back(scene(20, 17, PixelFormat::kBgr888, tensor(64, 48, 3), 3));
  all.push_back(scene(96, 96, PixelFormat::kGrey, tensor(96, 96, 3), 4));
  all.push_back(scene(9, 140, PixelFormat::kRgb888, tensor(31, 7, 1), 5));
  all.push_back(scene(33, 34, PixelFormat::kRgb888, tensor(12, 13, 3, DType::kFloat32), 6));
  return all;
}

}  // namespace

TEST(the_lines_of_a_picture_are_those_of_its_tensor) {
  for (const auto& one : scenes()) {
    const size_t bytes = one->input.tensor().line_bytes();
    Scratch scratch(one->scratch_bytes());
    Scratch line(bytes);
    PictureLines lines;
    Sentence why;
    CHECK(lines.begin(one->input, one->view, scratch.get(), why));
    for (uint32_t row = 0; row < one->input.tensor().height; ++row) {
      CHECK_EQ(lines.left(), one->input.tensor().height - row);
      lines.next(line.get());
      CHECK(std::memcmp(line.get().data(), one->whole.data() + row * bytes, bytes) == 0);
    }
    CHECK_EQ(lines.left(), 0u);
  }
}

TEST(two_pictures_at_once_do_not_disturb_each_other) {
  const auto all = scenes();
  const Scene& a = *all[0];
  const Scene& b = *all[2];
  Scratch scratch_a(a.scratch_bytes());
  Scratch scratch_b(b.scratch_bytes());
  PictureLines lines_a;
  PictureLines lines_b;
  Sentence why;
  CHECK(lines_a.begin(a.input, a.view, scratch_a.get(), why) && lines_b.begin(b.input, b.view, scratch_b.get(), why));
  Scratch line(a.input.tensor().line_bytes());
  for (uint32_t row = 0; lines_b.left() != 0; ++row) {
    lines_a.next(line.get());
    CHECK(std::memcmp(line.get().data(), a.whole.data() + row * line.bytes, line.bytes) == 0);
    const size_t bytes = b.input.tensor().line_bytes();
    lines_b.next(line.get().first(bytes));
    CHECK(std::memcmp(line.get().data(), b.whole.data() + row * bytes, bytes) == 0);
  }
}

TEST(a_picture_can_be_begun_again_in_the_middle) {
  const auto all = scenes();
  const Scene& one = *all[0];
  Scratch scratch(one.scratch_bytes());
  Scratch line(one.input.tensor().line_bytes());
  PictureLines lines;
  Sentence why;
  CHECK(lines.begin(one.input, one.view, scratch.get(), why));
  for (int i = 0; i < 40; ++i) {
    lines.next(line.get());
  }
  lines.rewind();
  for (uint32_t row = 0; lines.left() != 0; ++row) {
    lines.next(line.get());
    CHECK(std::memcmp(line.get().data(), one.whole.data() + row * line.bytes, line.bytes) == 0);
  }
}

TEST(what_does_not_fit_gives_no_line_and_a_sentence) {
  const auto all = scenes();
  const Scene& one = *all[0];
  Scratch scratch(one.scratch_bytes() - 1);
  PictureLines lines;
  Sentence why;
  CHECK(!lines.begin(one.input, one.view, scratch.get(), why));
  CHECK(!why.empty() && lines.left() == 0);
  PictureView cut_off = one.view;
  cut_off.data = cut_off.data.first(cut_off.data.size() - 1);
  Scratch enough(one.scratch_bytes());
  CHECK(!lines.begin(one.input, cut_off, enough.get(), why));
  CHECK(std::string(why.text()).find("which is not 240 x 240 pixels") != std::string::npos && lines.left() == 0);
}

TEST(an_engine_is_fed_the_picture_and_it_must_stay_until_the_last_line) {
  const auto all = scenes();
  const Scene& one = *all[1];
  Scratch scratch(one.scratch_bytes());
  Scratch line(one.input.tensor().line_bytes());
  FedInput fed;
  Sentence why;
  CHECK(fed.picture(one.input, one.view, scratch.get(), why));
  for (int turn = 0; turn < 2; ++turn) {  // the second: a bench runs the same picture again
    for (uint16_t row = 0; row < one.input.tensor().height; ++row) {
      CHECK(row == 0 || fed.feeding());
      CHECK(fed.line(0, row, line.get()));
      CHECK(std::memcmp(line.get().data(), one.whole.data() + row * line.bytes, line.bytes) == 0);
    }
    CHECK(!fed.feeding());
    CHECK(!fed.line(0, one.input.tensor().height, line.get()));
  }
}

TEST(an_engine_is_fed_a_tensor_that_lies_elsewhere) {
  std::vector<uint8_t> whole(60);
  for (size_t i = 0; i < whole.size(); ++i) {
    whole[i] = static_cast<uint8_t>(i);
  }
  Scratch line(20);
  FedInput fed;
  fed.tensor(Bytes(whole.data(), whole.size()));
  for (uint16_t row = 0; row < 3; ++row) {
    CHECK(fed.feeding());
    CHECK(fed.line(0, row, line.get()));
    CHECK_EQ(line.get()[0], row * 20);
  }
  CHECK(!fed.feeding());
  CHECK(!fed.line(0, 3, line.get()));
}

TEST(lines_out_of_order_of_another_input_or_of_another_size_are_not_given) {
  const auto all = scenes();
  const Scene& one = *all[1];
  Scratch scratch(one.scratch_bytes());
  Scratch line(one.input.tensor().line_bytes());
  FedInput fed;
  Sentence why;
  CHECK(fed.picture(one.input, one.view, scratch.get(), why));
  CHECK(!fed.line(1, 0, line.get()));
  CHECK(!fed.line(0, 1, line.get()));
  CHECK(!fed.line(0, 0, line.get().first(line.bytes - 1)));
  CHECK(fed.line(0, 0, line.get()));
  CHECK(!fed.line(0, 2, line.get()));
}

TEST(zeros_need_nothing_to_stay_and_nothing_gives_nothing) {
  Scratch line(12);
  std::memset(line.get().data(), 7, 12);
  FedInput fed;
  CHECK(!fed.line(0, 0, line.get()));
  fed.zeros();
  CHECK(fed.line(0, 5, line.get()));
  CHECK(!fed.feeding() && line.get()[0] == 0 && line.get()[11] == 0);
  fed.stop();
  CHECK(!fed.line(0, 0, line.get()));
}
