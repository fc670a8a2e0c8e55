#include "engine/docker/recreate_body.hpp"

#include <doctest/doctest.h>

#include <string>

#include <boost/json.hpp>

#include "engine/docker/json_engine.hpp"
#include "fixtures.hpp"

using namespace healer;
using namespace healer::docker;
using healer::testing::fixture;
namespace json = boost::json;

namespace {

RecreationPlan planned(const std::string& container, std::optional<std::string_view> image,
                       const RecreationWishes& wishes = {"recplay:1", ""}) {
  const auto plan = plan_recreation(container, image, wishes);
  if (!plan) FAIL(plan.error().message);
  return *plan;
}

json::object body_of(const RecreationPlan& plan) {
  return json::parse(plan.body).as_object();
}

std::string text(const json::value& value) {
  return json::serialize(value);
}

/// A short container with the given Config, HostConfig and networks.
std::string container_of(const std::string& config, const std::string& host = "{}",
                         const std::string& networks = "{}", const std::string& mounts = "[]",
                         const std::string& status = "running") {
  return R"({"Id":")" + std::string(64, 'a') + R"(","Name":"/web","Image":"sha256:1","State":{"Status":")" +
         status + R"("},"Config":)" + config + R"(,"HostConfig":)" + host + R"(,"Mounts":)" + mounts +
         R"(,"NetworkSettings":{"Networks":)" + networks + "}}";
}
std::string image_of(const std::string& config) {
  return R"({"Id":"sha256:1","Config":)" + config + "}";
}
json::object body(const std::string& config, const std::string& image_config) {
  return body_of(planned(container_of(config), image_of(image_config)));
}

}  // namespace

TEST_CASE("a container with a setting of every kind gets a body with all of them") {
  const RecreationPlan plan = planned(fixture("inspect_20.10_full"), fixture("image_20.10"));
  const json::object made = body_of(plan);
  CHECK(made.at("Image") == "recplay:1");
  CHECK(text(made.at("Labels")) == R"({"recplay":"1"})");
  CHECK(text(made.at("Env")) == "[\"A=b\",\"ODD=x y\\t\\\"\xC3\xA9\"]");
  CHECK(text(made.at("Cmd")) == R"(["sleep 999"])");
  CHECK_FALSE(made.contains("Entrypoint"));
  CHECK_FALSE(made.contains("Hostname"));
  CHECK(text(made.at("ExposedPorts")) == R"({"9000/udp":{}})");
  CHECK(text(made.at("Volumes")) == R"({"/anon":{}})");
  CHECK(text(made.at("Healthcheck")) == R"({"Test":["CMD-SHELL","true"],"Interval":3000000000})");
  CHECK(made.at("StopSignal") == "SIGINT");
  CHECK(made.at("StopTimeout") == 3);
  CHECK(
      text(made.at("NetworkingConfig")) ==
      R"({"EndpointsConfig":{"recpn1":{"IPAMConfig":{"IPv4Address":"10.241.0.77"},"Links":["recp:linked"],"Aliases":["al1"]}}})");
  REQUIRE(plan.connections.size() == 1);
  CHECK(plan.connections[0].network == "recpn2");
  CHECK(plan.connections[0].endpoint ==
        R"({"IPAMConfig":{"IPv4Address":"10.242.0.88"},"Aliases":["second"]})");
  CHECK(plan.leave.empty());
  CHECK(plan.owners.empty());
  CHECK_FALSE(plan.side_by_side);
  // The rest of HostConfig is unchanged, except for the volumes without a name.
  json::object host = made.at("HostConfig").as_object();
  json::object was = json::parse(fixture("inspect_20.10_full")).as_object().at("HostConfig").as_object();
  REQUIRE(host.at("Mounts").as_array().size() == 4);
  for (const auto& mount : host.at("Mounts").as_array())
    if (mount.at("Type") == "volume") {
      CHECK(mount.at("Source").as_string().size() == 64);
      CHECK(mount.at("VolumeOptions").at("NoCopy") == true);
    }
  host.erase("Mounts");
  was.erase("Mounts");
  CHECK(text(host) == text(was));
}

TEST_CASE("settings equal to the image's are left out of the body") {
  SUBCASE("variables, in their order") {
    CHECK(text(body(R"({"Env":["A=1","P=/bin","Q=2"]})", R"({"Env":["P=/bin","Q=2"]})").at("Env")) ==
          R"(["A=1"])");
    CHECK(text(body(R"({"Env":["Q=3","P=/bin"]})", R"({"Env":["P=/bin","Q=2"]})").at("Env")) == R"(["Q=3"])");
    CHECK(text(body(R"({"Env":["P=/bin","A=1"]})", R"({"Env":["P=/bin"]})").at("Env")) ==
          R"(["P=/bin","A=1"])");
    CHECK_FALSE(body(R"({"Env":["P=/bin","Q=2"]})", R"({"Env":["P=/bin","Q=2"]})").contains("Env"));
    // An engine would not make this from the image, so everything is kept.
    CHECK(text(body(R"({"Env":["A=1"]})", R"({"Env":["P=/bin"]})").at("Env")) == R"(["A=1"])");
  }
  SUBCASE("the command") {
    const std::string image = R"({"Entrypoint":["/e"],"Cmd":["c"]})";
    const json::object same = body(R"({"Entrypoint":["/e"],"Cmd":["c"]})", image);
    CHECK_FALSE(same.contains("Entrypoint"));
    CHECK_FALSE(same.contains("Cmd"));
    const json::object command = body(R"({"Entrypoint":["/e"],"Cmd":["d"]})", image);
    CHECK_FALSE(command.contains("Entrypoint"));
    CHECK(text(command.at("Cmd")) == R"(["d"])");
    // The image's own entry point, without a command: naming the entry point drops the image's command.
    CHECK(text(body(R"({"Entrypoint":["/e"],"Cmd":null})", image).at("Entrypoint")) == R"(["/e"])");
    const json::object entry = body(R"({"Entrypoint":["/f"],"Cmd":["c"]})", image);
    CHECK(text(entry.at("Entrypoint")) == R"(["/f"])");
    CHECK(text(entry.at("Cmd")) == R"(["c"])");
    // The container has no entry point although the image has one.
    CHECK(text(body(R"({"Entrypoint":null,"Cmd":["c"]})", image).at("Entrypoint")) == R"([""])");
  }
  SUBCASE("the other settings of an image") {
    const json::object made = body(
        R"({"User":"u","WorkingDir":"/w","StopSignal":"INT","Healthcheck":{"Test":["NONE"]},"Labels":{"a":"1","b":"3"},"OnBuild":null})",
        R"({"User":"u","WorkingDir":"/w","StopSignal":"TERM","Healthcheck":{"Test":["CMD","x"]},"Labels":{"a":"1","b":"2"},"OnBuild":["RUN x"]})");
    CHECK_FALSE(made.contains("User"));
    CHECK_FALSE(made.contains("WorkingDir"));
    CHECK_FALSE(made.contains("OnBuild"));
    CHECK(made.at("StopSignal") == "INT");
    CHECK(text(made.at("Healthcheck")) == R"({"Test":["NONE"]})");
    CHECK(text(made.at("Labels")) == R"({"b":"3"})");
  }
  SUBCASE("without the image's settings everything is kept") {
    const json::object made =
        body_of(planned(container_of(R"({"User":"u","Env":["P=/bin"]})"), std::nullopt, {"sha256:1", ""}));
    CHECK(made.at("User") == "u");
    CHECK(text(made.at("Env")) == R"(["P=/bin"])");
    CHECK(made.at("Image") == "sha256:1");
  }
}

TEST_CASE("a body has no label, variable or name that the container does not have") {
  const json::object made = body_of(planned(container_of(R"({"Image":"x"})"), image_of("{}"), {"x", ""}));
  CHECK(text(made) == R"({"Image":"x","HostConfig":{}})");
}

TEST_CASE("volumes without a name are kept by their id, the others stay as configured") {
  const std::string mounts =
      R"([{"Type":"volume","Name":"n1","Destination":"/bound","RW":true,"Driver":"local"},)"
      R"({"Type":"volume","Name":"v2","Destination":"/anonymous","RW":false,"Driver":"nfs"},)"
      R"({"Type":"volume","Name":"v3","Destination":"/typed","RW":true,"Driver":"local"},)"
      R"({"Type":"volume","Name":"n4","Destination":"/named","RW":true,"Driver":"local"},)"
      R"({"Type":"volume","Name":"v5","Destination":"/bare","RW":true,"Driver":"local"},)"
      R"({"Type":"bind","Source":"/srv","Destination":"/srv","RW":true},)"
      R"({"Type":"tmpfs","Destination":"/t","RW":true}])";
  const std::string host =
      R"({"Binds":["n1:/bound/:ro","/srv:/srv","/bare"],"Mounts":[{"Type":"volume","Target":"/typed","VolumeOptions":{"Labels":{"a":"b"}}},)"
      R"({"Type":"volume","Source":"n4","Target":"/named/"},{"Type":"tmpfs","Target":"/t"}]})";
  const json::object made = body_of(planned(container_of("{}", host, "{}", mounts), image_of("{}")));
  const json::object& kept = made.at("HostConfig").as_object();
  CHECK(text(kept.at("Binds")) == R"(["n1:/bound/:ro","/srv:/srv"])");
  CHECK(
      text(kept.at("Mounts")) ==
      R"([{"Type":"volume","Target":"/typed","VolumeOptions":{"Labels":{"a":"b"},"NoCopy":true},"Source":"v3"},)"
      R"({"Type":"volume","Source":"n4","Target":"/named/"},{"Type":"tmpfs","Target":"/t"},)"
      R"({"Type":"volume","Target":"/anonymous","ReadOnly":true,"Source":"v2","VolumeOptions":{"NoCopy":true,"DriverConfig":{"Name":"nfs"}}},)"
      R"({"Type":"volume","Target":"/bare","Source":"v5","VolumeOptions":{"NoCopy":true}}])");
}

TEST_CASE("networks and links are kept as configured") {
  SUBCASE("links of the default bridge") {
    const RecreationPlan plan = planned(fixture("inspect_20.10_linked"), fixture("image_20.10"));
    CHECK(text(body_of(plan).at("HostConfig").at("Links")) == R"(["recp:lk"])");
    CHECK(plan.connections.empty());
    CHECK_FALSE(body_of(plan).contains("NetworkingConfig"));
  }
  SUBCASE("another container's namespace") {
    const RecreationPlan plan = planned(fixture("inspect_20.10_shared_network"), fixture("image_20.10"));
    REQUIRE(plan.owners.size() == 1);
    CHECK(plan.owners[0].size() == 64);
    CHECK_FALSE(body_of(plan).contains("Hostname"));
    CHECK_FALSE(plan.side_by_side);
  }
  SUBCASE("the namespace of the owner's successor") {
    const RecreationPlan plan =
        planned(fixture("inspect_20.10_shared_network"), std::nullopt, {"recplay:1", "abc"});
    CHECK(plan.owners == std::vector<std::string>{"abc"});
    CHECK(body_of(plan).at("HostConfig").at("NetworkMode") == "container:abc");
    CHECK_FALSE(body_of(plan).contains("ExposedPorts"));
  }
  SUBCASE("a network parent for a container that shares no namespace") {
    const auto plan =
        plan_recreation(container_of("{}", R"({"NetworkMode":"bridge"})"), std::nullopt, {"x", "abc"});
    REQUIRE_FALSE(plan);
    CHECK(plan.error().code == ErrorCode::InvalidInput);
  }
  SUBCASE("the host's network") {
    const RecreationPlan plan = planned(fixture("inspect_20.10_host_network"), fixture("image_20.10"));
    CHECK_FALSE(body_of(plan).contains("NetworkingConfig"));
    CHECK(plan.connections.empty());
    CHECK_FALSE(plan.side_by_side);
  }
  SUBCASE("the container has left its first network") {
    const RecreationPlan plan = planned(
        container_of("{}", R"({"NetworkMode":"first"})", R"({"second":{"Aliases":["x"]}})"), image_of("{}"));
    CHECK(plan.leave == "first");
    REQUIRE(plan.connections.size() == 1);
    CHECK(plan.connections[0].endpoint == R"({"Aliases":["x"]})");
  }
  SUBCASE("a network given by id; the alias that the engine made of the container's id is left out") {
    const RecreationPlan plan =
        planned(container_of(
                    "{}", R"({"NetworkMode":"0123456789abcdef"})",
                    R"({"net":{"NetworkID":"0123456789abcdef00","Aliases":["x","aaaaaaaaaaaa"]},"more":{}})"),
                image_of("{}"));
    CHECK(text(body_of(plan).at("NetworkingConfig")) == R"({"EndpointsConfig":{"net":{"Aliases":["x"]}}})");
    REQUIRE(plan.connections.size() == 1);
    CHECK(plan.connections[0].endpoint == "{}");
    CHECK(plan.leave.empty());
  }
}

TEST_CASE("the platform is kept if the engine reports it") {
  std::string container = container_of("{}");
  CHECK(planned(container, std::nullopt).platform.empty());
  container.insert(
      1, R"("ImageManifestDescriptor":{"platform":{"os":"linux","architecture":"arm64","variant":"v8"}},)");
  CHECK(planned(container, std::nullopt).platform == "linux/arm64/v8");
}

TEST_CASE("a configured host name is kept, one made of the id is not") {
  CHECK_FALSE(body(R"({"Hostname":"aaaaaaaaaaaa"})", "{}").contains("Hostname"));
  CHECK(body(R"({"Hostname":"chosen"})", "{}").at("Hostname") == "chosen");
  const json::object host =
      body_of(planned(container_of(R"({"Hostname":"machine"})", R"({"UTSMode":"host"})"), std::nullopt));
  CHECK_FALSE(host.contains("Hostname"));
}

TEST_CASE("both containers may run at once only if they share no port, address, device or writable folder") {
  const auto side_by_side = [](const std::string& config, const std::string& host,
                               const std::string& networks = "{}", const std::string& mounts = "[]") {
    return planned(container_of(config, host, networks, mounts), std::nullopt).side_by_side;
  };
  CHECK(side_by_side("{}", R"({"NetworkMode":"default"})"));
  CHECK(side_by_side("{}", R"({"PortBindings":{"80/tcp":[{"HostIp":"","HostPort":""}]}})"));
  CHECK(side_by_side("{}", "{}", R"({"n":{"IPAMConfig":{},"Aliases":["a"]}})"));
  CHECK(side_by_side("{}", "{}", "{}", R"([{"Type":"bind","RW":false},{"Type":"tmpfs","RW":true}])"));
  CHECK_FALSE(side_by_side("{}", R"({"PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8080"}]}})"));
  CHECK_FALSE(side_by_side("{}", "{}", R"({"n":{"IPAMConfig":{"IPv4Address":"10.0.0.2"}}})"));
  CHECK_FALSE(side_by_side(R"({"MacAddress":"02:42:aa:bb:cc:dd"})", "{}"));
  CHECK_FALSE(side_by_side("{}", R"({"NetworkMode":"host"})"));
  CHECK_FALSE(side_by_side("{}", R"({"NetworkMode":"container:abc"})"));
  CHECK_FALSE(side_by_side("{}", R"({"IpcMode":"host"})"));
  CHECK_FALSE(side_by_side("{}", R"({"Privileged":true})"));
  CHECK_FALSE(side_by_side("{}", R"({"Devices":[{"PathOnHost":"/dev/ttyUSB0"}]})"));
  // Two writers in one folder.
  CHECK_FALSE(side_by_side("{}", "{}", "{}", R"([{"Type":"volume","Name":"v","RW":true}])"));
  CHECK_FALSE(side_by_side("{}", "{}", "{}", R"([{"Type":"bind","RW":true}])"));
}

TEST_CASE("containers that cannot be recreated are refused with the reason") {
  const auto refusal = [](const std::string& container) {
    const auto original = read_original(container);
    REQUIRE_FALSE(original);
    CHECK(original.error().code == ErrorCode::Conflict);
    return original.error().message;
  };
  CHECK(refusal(container_of("{}", R"({"AutoRemove":true})")).find("--rm") != std::string::npos);
  CHECK(refusal(container_of(R"({"Labels":{"com.docker.swarm.task.id":"x"}})")).find("Swarm") !=
        std::string::npos);
  for (const char* state : {"paused", "removing", "dead"})
    CHECK(refusal(container_of("{}", "{}", "{}", "[]", state)).find(state) != std::string::npos);
  for (const char* wrong :
       {"", "[]", "{}", R"({"Id":"a","Config":{},"HostConfig":{}})", R"({"Config":[],"HostConfig":{}})"})
    CHECK(read_original(wrong).error().code == ErrorCode::Protocol);
}

TEST_CASE("the original's name, image and state are read") {
  const auto full = read_original(fixture("inspect_20.10_full"));
  REQUIRE(full);
  CHECK(full->name == "reca");
  CHECK(full->image == "recplay:1");
  CHECK(full->image_id.starts_with("sha256:"));
  CHECK(full->ran);
  CHECK_FALSE(read_original(container_of("{}", "{}", "{}", "[]", "exited"))->ran);
  CHECK(read_original(container_of("{}", "{}", "{}", "[]", "restarting"))->ran);
  for (const char* podman : {"inspect_podman_ported", "inspect_podman_exited"})
    CHECK(read_original(fixture(podman)));
}

TEST_CASE("malformed answers do no harm") {
  const std::string odd =
      R"({"Id":"abc","Name":"/web","Image":"x","Config":{"Env":[1,null],"Cmd":"sh","Labels":[]},"HostConfig":{"Binds":[":",""],"Links":["a","/b:/c/d","e:f","/g:/"],"Mounts":[1],"PortBindings":{"80/tcp":[1]}},"Mounts":[1,{"Type":"volume"}],"NetworkSettings":{"Networks":{"n":1}}})";
  const auto plan = plan_recreation(odd, R"({"Config":{"Env":"x","Labels":1}})", {"x", ""});
  REQUIRE(plan);
  CHECK(text(body_of(*plan).at("HostConfig").at("Links")) == R"(["a","b:d","e:f","g:"])");
}

TEST_CASE("networks are named by their ids where a plugin accepts only those") {
  const std::string networks =
      R"({"b_net":{"NetworkID":"id-of-b","Aliases":["db"]},"a_net":{"NetworkID":"z-id-of-a"},"c_net":{"NetworkID":"c-id"}})";
  const auto plan = planned(container_of("{}", R"({"NetworkMode":"b_net"})", networks), std::nullopt,
                            {"sha256:1", "", NetworkNaming::Ids});
  const json::object body = body_of(plan);
  CHECK(body.at("HostConfig").at("NetworkMode") == "id-of-b");
  CHECK(text(body.at("NetworkingConfig")) == R"({"EndpointsConfig":{"id-of-b":{"Aliases":["db"]}}})");
  REQUIRE(plan.connections.size() == 2);
  CHECK(plan.connections[0].network == "c-id");
  CHECK(plan.connections[0].name == "c_net");
  CHECK(plan.connections[1].network == "z-id-of-a");
  const auto left = planned(container_of("{}", R"({"NetworkMode":"gone"})", networks), std::nullopt,
                            {"sha256:1", "", NetworkNaming::Ids});
  CHECK(left.leave == "gone");
  CHECK(left.leave_name == "gone");
  const auto usual = planned(container_of("{}", R"({"NetworkMode":"b_net"})", networks), std::nullopt);
  CHECK(body_of(usual).at("HostConfig").at("NetworkMode") == "b_net");
  CHECK(usual.connections[0].network == "a_net");
}

TEST_CASE("the engine's information shows whether healer-guard is its plugin") {
  CHECK(has_guard_plugin(R"({"Plugins":{"Volume":["local"],"Authorization":["other","healer-guard"]}})"));
  CHECK(has_guard_plugin(R"({"Plugins":{"Authorization":["healer-guard-2"]}})"));
  CHECK_FALSE(has_guard_plugin(R"({"Plugins":{"Authorization":["other"],"Volume":["healer-guard"]}})"));
  CHECK_FALSE(has_guard_plugin(R"({"Plugins":{"Authorization":null}})"));
  CHECK_FALSE(has_guard_plugin("{}"));
  CHECK_FALSE(has_guard_plugin("no"));
}
