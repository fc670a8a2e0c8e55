#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "adapter/runtime/bench.hpp"
#include "runtime/pressure_gauge.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

/// A folder with the kernel's three files.
class PressureFolder {
 public:
  PressureFolder() {
    std::string made = (std::filesystem::temp_directory_path() / "healer-pressure-XXXXXX").string();
    REQUIRE(mkdtemp(made.data()) != nullptr);
    path_ = made;
    for (const char* resource : {"cpu", "io", "memory"}) set(resource, "0.00");
  }
  ~PressureFolder() { std::filesystem::remove_all(path_); }
  PressureFolder(const PressureFolder&) = delete;
  PressureFolder& operator=(const PressureFolder&) = delete;

  void set(const std::string& resource, const std::string& full) {
    write(resource, "some avg10=99.00 avg60=99.00 avg300=99.00 total=1\nfull avg10=" + full +
                        " avg60=88.00 avg300=88.00 total=1\n");
  }
  void write(const std::string& resource, const std::string& text) {
    std::ofstream(path_ + "/" + resource) << text;
  }
  void remove(const std::string& resource) { std::filesystem::remove(path_ + "/" + resource); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("the share of the last ten seconds in which all processes waited is read") {
  CHECK(full_avg10("some avg10=2.04 avg60=0.75 avg300=0.40 total=157656722\n"
                   "full avg10=1.53 avg60=0.87 avg300=0.73 total=1157622151\n") == doctest::Approx(1.53));
  CHECK(full_avg10("full avg10=100.00 avg60=0 avg300=0 total=1") == doctest::Approx(100));
  CHECK(full_avg10("full avg10=0 avg60=9") == doctest::Approx(0));
  for (const char* none : {"", "some avg10=50.00 avg60=0.75\n", "full avg60=50.00", "full avg10=x",
                           "full avg10=-1", "full avg10=101", "x full avg10=7"})
    CHECK_FALSE(full_avg10(none));
}

TEST_CASE("pressure is reported when it rises above the limit, and when it falls well below") {
  PressureFolder folder;
  PressureGauge gauge(folder.path());
  CHECK_FALSE(gauge.look(40));
  folder.set("memory", "40.00");
  CHECK_FALSE(gauge.look(40));
  folder.set("memory", "62.40");
  folder.set("io", "50.00");
  const auto high = gauge.look(40);
  REQUIRE(high);
  CHECK(high->high);
  CHECK(high->text == "memory 62 %");
  CHECK_FALSE(gauge.look(40));
  folder.set("memory", "1.00");
  folder.set("io", "36.00");
  CHECK_FALSE(gauge.look(40));  // between the limit and its hysteresis
  folder.set("io", "35.00");
  const auto low = gauge.look(40);
  REQUIRE(low);
  CHECK_FALSE(low->high);
  CHECK_FALSE(gauge.look(40));
  folder.set("io", "40.50");
  CHECK(gauge.look(40)->text.starts_with("io "));
}

TEST_CASE("a limit of 0 ends the pressure and reads nothing") {
  PressureFolder folder;
  folder.set("cpu", "90.00");
  PressureGauge gauge(folder.path());
  CHECK_FALSE(gauge.look(0));
  REQUIRE(gauge.look(40));
  const auto off = gauge.look(0);
  REQUIRE(off);
  CHECK_FALSE(off->high);
  CHECK_FALSE(gauge.take_reason());
}

TEST_CASE("a machine without pressure files has no pressure, and says so once") {
  PressureFolder folder;
  for (const char* resource : {"cpu", "io", "memory"}) folder.remove(resource);
  PressureGauge gauge(folder.path());
  CHECK_FALSE(gauge.look(40));
  CHECK(gauge.take_reason());
  CHECK_FALSE(gauge.look(40));
  CHECK_FALSE(gauge.take_reason());
  PressureGauge off("");
  CHECK_FALSE(off.look(40));
  CHECK_FALSE(off.take_reason());
}

TEST_CASE("one file is enough, and an old kernel's cpu has no such line") {
  PressureFolder folder;
  folder.remove("io");
  folder.write("cpu", "some avg10=99.00 avg60=99.00 avg300=99.00 total=1\n");
  folder.set("memory", "41.00");
  PressureGauge gauge(folder.path());
  CHECK(gauge.look(40)->text == "memory 41 %");
  CHECK_FALSE(gauge.take_reason());
}

TEST_CASE("the runtime reads the pressure every 5 s and passes each change on") {
  PressureFolder folder;
  RuntimeSettings settings;
  settings.pressure_folder = folder.path();
  Bench bench(settings);
  std::vector<bool> seen;
  bench.observer.stepped = [&](const Event& event, Instant, const Effects&) {
    if (const auto* pressure = std::get_if<HostPressure>(&event)) seen.push_back(pressure->high);
  };
  bench.connect();
  bench.list();
  folder.set("io", "80.00");
  bench.host.advance(6s);
  CHECK(seen == std::vector<bool>{true});
  bench.host.advance(20s);
  CHECK(seen.size() == 1);
  folder.set("io", "0.00");
  bench.host.advance(6s);
  CHECK(seen == std::vector<bool>{true, false});
}
