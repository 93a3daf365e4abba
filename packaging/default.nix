# Nix: nix-build packaging
{ pkgs ? import <nixpkgs> { } }:
pkgs.rustPlatform.buildRustPackage {
  pname = "zclab";
  version = "0.1.0";
  src = pkgs.lib.cleanSource ../.;
  cargoLock.lockFile = ../Cargo.lock;
  nativeBuildInputs = [ pkgs.installShellFiles ];
  doCheck = false; # the tests need ptrace, which the sandbox may refuse
  postInstall = ''
    $out/bin/zclab man man
    installManPage man/man1/*.1
    installShellCompletion man/completions/{zclab.bash,zclab.fish,_zclab}
  '';
  meta = {
    description = "The zero-copy lab in your terminal";
    license = pkgs.lib.licenses.mit;
    platforms = pkgs.lib.platforms.linux;
    mainProgram = "zclab";
  };
}
