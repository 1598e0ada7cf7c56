export default function App() {
  return (
    <main className="flex min-h-screen items-center justify-center bg-slate-50 text-slate-800">
      <h1 className="text-3xl font-semibold">Your app starts here</h1>
    </main>
  );
}
